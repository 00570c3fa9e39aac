"""社会保障卡窗口业务: a counter program for social-security cards, after 新人社〔2017〕141号."""

__version__ = "0.1.0"
