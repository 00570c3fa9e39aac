#!/usr/bin/env bash
# Installs what this program needs and is not there yet, and says beforehand what that is:
# system packages (as root, or where sudo asks no password), a virtual environment, the package.
# Without the rights it leaves things out and says what does not work then. Run by `make setup`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

VENV=.venv
STAMP=$VENV/.setup-done
EXTRAS=counter,hub,postgres,test

PACKAGES=( # Debian package | what does not work without it
    "python3-venv|不能建立虚拟环境"
    "python3-dev|不能编译智能卡模块，社保卡读写不可用"
    "gcc|不能编译智能卡模块，社保卡读写不可用"
    "libpcsclite-dev|不能编译智能卡模块，社保卡读写不可用"
    "pcscd|社保卡读卡器不可用"
    "openssh-client|sbk bridge 不能登录别的机器"
    "cups-client|不能送往打印机，单据只能存成文件"
    "fonts-wqy-microhei|单据没有中文字体，不能打印"
    "poppler-utils|跳过核对 PDF 文字的测试"
    "poppler-data|跳过核对 PDF 文字的测试"
    "tmux|跳过在真实终端里按键的测试"
    "socat|不能演练经网络转接的串口设备"
    "chromium-driver|跳过用真实浏览器看市中心页面的测试"
    "postgresql|跳过市中心用 PostgreSQL 的测试"
    "vsmartcard-vpcd|不能演练模拟社保卡"
)

say() { printf 'setup: %s\n' "$*"; }

# ---------------------------------------------------------------- what is there

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
has_venv() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }
is_installed() { [[ $(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null) == ii* ]]; }

find_python() { # the first that can make environments, else the first that is new enough
    local name found=""
    for name in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
        is_new_enough "$name" || continue
        if has_venv "$name"; then
            echo "$name"
            return
        fi
        found=${found:-$name}
    done
    echo "$found"
}

can_build_pyscard() { # for $1, a Python: headers and compiler
    local include
    include=$("$1" -c 'import sysconfig; print(sysconfig.get_paths()["include"])' 2>/dev/null) &&
        [[ -f $include/Python.h && -f /usr/include/PCSC/winscard.h ]] &&
        { command -v gcc || command -v cc; } >/dev/null
}

stamp_text() { # what the environment was made from; smart cards may come later
    local cards=no
    if can_build_pyscard "$VENV/bin/python"; then cards=yes; fi
    printf 'cards=%s ' "$cards"
    cat pyproject.toml "${BASH_SOURCE[0]}" | sha256sum
}

# ---------------------------------------------------------------- system packages

as_root() {
    if [[ $(id -u) == 0 ]]; then
        env DEBIAN_FRONTEND=noninteractive "$@"
    else
        sudo -n env DEBIAN_FRONTEND=noninteractive "$@"
    fi
}

may_install() {
    command -v apt-get >/dev/null || return 1
    [[ $(id -u) == 0 ]] || sudo -n true 2>/dev/null
}

apt_install() { as_root apt-get install -y -qq --no-install-recommends "$@" >/dev/null; }

system_packages() {
    local row missing=()
    for row in "${PACKAGES[@]}"; do
        is_installed "${row%%|*}" || missing+=("$row")
    done
    ((${#missing[@]})) || return 0
    if may_install; then
        say "将安装系统软件包：${missing[*]%%|*}"
        as_root apt-get update -qq || say "软件源索引没有更新成功，用现有索引继续"
        apt_install "${missing[@]%%|*}" && return 0
        for row in "${missing[@]}"; do # one that a distribution does not have must not stop all
            apt_install "${row%%|*}" 2>/dev/null || say "${row%%|*} 没有装上：${row#*|}"
        done
        return 0
    fi
    say "没有管理员权限（或不是 Debian 类系统），下列软件包略过："
    for row in "${missing[@]}"; do say "  ${row%%|*}：${row#*|}"; done
}

# ---------------------------------------------------------------- Python

make_environment() {
    local python
    python=$(find_python)
    if [[ -z $python ]]; then
        say "没有找到 Python 3.11 或更新的版本；请管理员安装后重试"
        exit 1
    fi
    say "将用 $("$python" --version) 建立虚拟环境 $VENV"
    if has_venv "$python"; then
        "$python" -m venv --clear "$VENV"
    elif "$python" -c 'import venv, pip' 2>/dev/null; then # Debian without python3-venv
        "$python" -m venv --clear --without-pip "$VENV"
        "$python" -m pip --python "$VENV/bin/python" install -qq pip
    elif "$python" -c 'import virtualenv' 2>/dev/null; then
        "$python" -m virtualenv --quiet --clear "$VENV"
    else
        say "这个 Python 不能建立虚拟环境；请管理员执行：apt-get install python3-venv"
        exit 1
    fi
}

requirements_without() { # all of the extras, but for one package that cannot be built here
    "$VENV/bin/python" - "$EXTRAS" "$1" <<'PYTHON'
import re
import sys
import tomllib

project = tomllib.load(open("pyproject.toml", "rb"))["project"]
wanted, seen = ["", *sys.argv[1].split(",")], []
for extra in wanted:
    rows = project["optional-dependencies"][extra] if extra else project["dependencies"]
    for row in rows:
        own = re.fullmatch(project["name"] + r"\[(.+)\]", row)
        if own:
            wanted += own[1].split(",")
        elif re.match(r"[\w.-]+", row)[0] != sys.argv[2]:
            seen.append(row)
print("\n".join(dict.fromkeys(seen)))
PYTHON
}

install_package() {
    local pip=("$VENV/bin/python" -m pip install -qq --disable-pip-version-check)
    say "将安装 Python 依赖和本程序（${EXTRAS//,/、}）"
    if can_build_pyscard "$VENV/bin/python"; then
        "${pip[@]}" --editable ".[$EXTRAS]"
    else
        say "缺编译器或头文件，不装智能卡模块：社保卡读写不可用，其余照常"
        requirements_without pyscard | "${pip[@]}" --requirement /dev/stdin
        "${pip[@]}" --no-deps --editable .
    fi
    "$VENV/bin/python" -m compileall -q sbk_tui
}

if [[ -f $STAMP && $(stamp_text) == $(<"$STAMP") ]] && is_new_enough "$VENV/bin/python"; then
    exit 0
fi
system_packages
if ! is_new_enough "$VENV/bin/python" || ! "$VENV/bin/python" -m pip --version &>/dev/null; then
    make_environment
fi
install_package
stamp_text >"$STAMP"
say "就绪。make run 打开训练窗口，make test 运行全部测试"
