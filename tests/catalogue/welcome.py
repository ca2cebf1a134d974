"""Answers to lesson 00's exercise: wrong ones with the hint they must get, and right ones."""

from tests.catalogue import Exercise, Right, Wrong

ANSWERS = {
    "double": Exercise(
        wrong=[
            Wrong("squares", "square", "def double(x):\n    return x ** 2"),
            Wrong("adds two", "multiply", "def double(x):\n    return x + 2"),
            Wrong("prints and returns nothing", "print", "def double(x):\n    print(2 * x)"),
            Wrong("works for whole numbers only", "every number",
                  "def double(x):\n    return 2 * int(x) if np.ndim(x) == 0 else 2 * x"),
            Wrong("changes the array it was given", "changed an argument", "def double(x):\n    x *= 2\n    return x"),
            Wrong("returns the argument", "should be 6; yours is 3", "def double(x):\n    return x"),
            Wrong("triples", "yours is 9", "def double(x):\n    return 3 * x"),
            Wrong("repeats a list", "should have shape", "def double(x):\n    return [x] * 2"),
            Wrong("adds up an array", "should have shape", "def double(x):\n    return 2 * np.sum(x)"),
            Wrong("has a misspelt name inside", "NameError", "def double(x):\n    return 2 * y"),
        ],
        right=[
            Right("multiplies", "def double(x):\n    return x * 2"),
            Right("adds to itself", "double = lambda x: x + x"),
            Right("numpy", "def double(x):\n    return np.multiply(x, 2)"),
            Right("halves the half", "def double(x):\n    return x / 0.5"),
        ],
    ),
}
