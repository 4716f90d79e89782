"""Signals as a terminal gives them.

Under nohup, cron or `&` some are ignored, which the programs that these tests start and interrupt would inherit.
"""

import signal

for name, usual in (("SIGINT", signal.default_int_handler), ("SIGHUP", signal.SIG_DFL)):
    number = getattr(signal, name, None)  # Windows has no SIGHUP
    if number is not None and signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, usual)
