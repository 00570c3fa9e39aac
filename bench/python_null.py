"""Floor: an interpreter that paints a line of text and waits for a key."""

import os
import sys
import termios
import tty

LINE = "社会保障卡 个人查询 姓名 首字母 " * 2 + "F10 退出"
os.write(1, f"\x1b[2J\x1b[H{LINE}\r\n".encode())
before = termios.tcgetattr(0)
tty.setraw(0)
while b"\x11" not in os.read(0, 64):
    pass
termios.tcsetattr(0, termios.TCSADRAIN, before)
sys.exit()
