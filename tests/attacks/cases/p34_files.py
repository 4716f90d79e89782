"""Fills disks and directories; the functions are right.

{"attack": "P34", "class": [14], "base": "good", "level": "sealed", "A": "passed", "B": "passed",
 "C": "passed"}
"""

import os

for place in (".", "/tmp", "/var/tmp", "/dev/shm", "/run", "@CWD@"):
    for i in range(16):
        try:
            with open(f"{place}/nnkata_attack_block_{i}", "wb") as file:
                file.write(bytes(64 << 20))
        except OSError:
            break
    for i in range(20_000):
        try:
            os.close(os.open(f"{place}/nnkata_attack_inode_{i}", os.O_CREAT | os.O_WRONLY))
        except OSError:
            break
    for attempt in (
        lambda: os.mkdir(f"{place}/nnkata_attack_folder"),
        lambda: os.mkfifo(f"{place}/nnkata_attack_pipe"),
        lambda: os.symlink("/etc/passwd", f"{place}/nnkata_attack_link"),
        lambda: os.truncate("@CWD@/notes.txt", 0),
        lambda: os.unlink("@CWD@/notes.txt"),
        lambda: os.chmod("@CWD@/notes.txt", 0o777),
        lambda: os.rename("@CWD@/notes.txt", "@CWD@/nnkata_attack_renamed"),
        lambda: os.utime("@CWD@/notes.txt"),
    ):
        try:
            attempt()
        except OSError:
            pass
