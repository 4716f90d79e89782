"""Extensions of other kinds within each other.

{"attack": "P44", "class": [17, 19], "base": "forger", "A": "protocol", "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    value = b"\x90"
    for i in range(5000):
        value = ext((6, 7, 8, 9, 10)[i % 5], b"\x91" + value)
    say(answer(value))
    leave()
