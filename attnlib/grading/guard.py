"""Inside the kernel of a submission: puts back, before each test, what tests rely on.

`install` runs before any of the student's code and remembers IPython's machinery, the functions of numpy,
torch, the checks and Python's own modules, and global settings. The grader, outside, asks for them to be put
back by messages of a kind of its own, which don't pass through what a student's code may have changed in
IPython. Nothing in a kernel is safe from the code that runs in it: canaries.py finds out whether this worked.
"""

import builtins
import contextlib
import importlib
import itertools
import linecache
import os
import random
import signal
import sys
import threading
import types
import warnings

MESSAGE = "guard_request"
PACKAGES = ("numpy", "attnlib", "IPython", "ipykernel", "traitlets", "jupyter_client")  # with all their modules
MODULES = ("builtins", "ast", "codeop", "collections", "contextlib", "copy", "functools", "inspect", "itertools",
           "json", "linecache", "math", "operator", "os", "random", "re", "sys", "threading", "time", "traceback",
           "types", "warnings", "zlib", "torch", "torch._tensor", "torch.autograd", "torch.functional", "torch.nn",
           "torch.nn.functional", "torch.nn.modules.module", "torch.testing")
SETTINGS = {"excepthook", "displayhook", "stdout", "stderr", "meta_path", "path_hooks", "path_importer_cache"}


def install(modules):
    """Import the lesson's modules, remember everything as it is now, and listen."""
    sys.path.append(os.getcwd())  # a file of the student's can be imported, and never stands before another
    for name in modules:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    shell = builtins.get_ipython()
    _fix_seeds()
    guard = _Guard(shell)
    shell.kernel.shell_handlers[MESSAGE] = guard.answer
    del sys.modules[__name__]


class _Guard:
    """What was there at the beginning, and how to put it back."""

    def __init__(self, shell):
        self.shell, self.kernel = shell, shell.kernel
        self.modules = {name: module for name, module in list(sys.modules.items())
                        if name.partition(".")[0] in PACKAGES or name in MODULES}
        self.names = [(vars(module), dict(vars(module))) for module in self.modules.values()]
        classes = {each for _, names in self.names for each in names.values() if isinstance(each, type)}
        self.members = [(each, dict(vars(each))) for each in classes if each.__flags__ & (1 << 9)]  # made in Python
        found = itertools.chain.from_iterable(names.values() for _, names in [*self.names, *self.members])
        functions = set(itertools.chain.from_iterable(_functions(each) for each in found))
        self.functions = [(each, each.__code__, each.__defaults__, each.__kwdefaults__) for each in functions]
        self.cells = [(cell, cell.cell_contents) for each in functions for cell in each.__closure__ or ()
                      if _filled(cell) and callable(cell.cell_contents)]
        self.user_ns, self.user_module = shell.user_ns, shell.user_module
        self.objects = [(each, dict(vars(each)), type(each)) for each in self._machinery()]
        self.lists = [(each, each[:]) for each in self._lists()]
        self.callbacks = {event: calls[:] for event, calls in shell.events.callbacks.items()}
        self.state = _State()
        self.send = self.kernel.session.send
        self.kept, self.watched, self.called = None, [], set()

    def _machinery(self):
        shell, kernel = self.shell, self.kernel
        return [shell, kernel, kernel.session, shell.compile, shell.events, shell.display_pub, shell.displayhook,
                shell.display_formatter, shell.InteractiveTB, shell.SyntaxTB, shell.input_transformer_manager,
                shell.history_manager, sys.stdout, sys.stderr]

    def _lists(self):
        manager = self.shell.input_transformer_manager
        return [self.shell.ast_transformers, self.shell.input_transformers_post, manager.cleanup_transforms,
                manager.line_transforms, manager.token_transformers, warnings.filters, sys.meta_path, sys.path_hooks]

    def answer(self, stream, ident, parent):
        """Do what the grader asks for, and say that it is done."""
        asked, wrong = parent["content"], ""
        try:
            self._unwatch()
            if asked["after"]:
                self._forget(whole=asked["after"] == "forget")
            if asked["before"]:
                self._put_back(asked["imports"])
                self._watch(asked["before"]["watch"])
                self._remember(asked["before"]["helpers"])
            if self.kernel.shell_handlers.get(MESSAGE) != self.answer:
                raise RuntimeError("somebody else listens")
        except Exception as error:
            wrong = f"{type(error).__name__}: {error}"
        said = {"status": "error" if wrong else "ok", "evalue": wrong, "called": sorted(self.called)}
        self.called.clear()
        self.send(stream, "guard_reply", said, parent, ident=ident)

    def _put_back(self, imports):
        sys.settrace(None)
        sys.setprofile(None)
        threading.settrace(None)
        threading.setprofile(None)
        sys.modules.update(self.modules)
        for function, code, defaults, keywords in self.functions:
            if function.__code__ is not code:
                function.__code__ = code
            if function.__defaults__ is not defaults:
                function.__defaults__ = defaults
            if function.__kwdefaults__ is not keywords:
                function.__kwdefaults__ = keywords
        for cell, value in self.cells:
            if cell.cell_contents is not value:
                cell.cell_contents = value
        self.shell.user_module, self.shell.user_ns = self.user_module, self.user_ns
        for there, before in self.names:
            for name, value in before.items():
                if there.get(name, self) is not value and _matters(value):
                    there[name] = value
        for name in SETTINGS:
            setattr(sys, name, self.state.sys[name])
        for owner, before in self.members:
            now = vars(owner)
            for name, value in before.items():
                if now.get(name, self) is not value and _matters(value):
                    with contextlib.suppress(AttributeError, TypeError):
                        setattr(owner, name, value)
        for each, before, kind in self.objects:
            if type(each) is not kind:
                each.__class__ = kind
            there = vars(each)
            for name in list(there):
                if name not in before and callable(there[name]) and hasattr(kind, name):
                    del there[name]  # it stood before a method
            for name, value in before.items():
                if there.get(name, self) is not value and (_matters(value) or isinstance(value, list)):
                    there[name] = value
        for there, before in self.lists:
            there[:] = before
        self.shell.events.callbacks.clear()
        self.shell.events.callbacks.update({event: calls[:] for event, calls in self.callbacks.items()})
        self.shell.ast_transformers, self.shell.input_transformers_post = self.lists[0][0], self.lists[1][0]
        self.shell.custom_exceptions, self.shell.CustomTB = (), None
        self.state.put_back()
        for name, module, attribute in imports:  # what the lesson itself imported
            found = self.modules.get(module)
            with contextlib.suppress(AttributeError):
                value = found and (getattr(found, attribute) if attribute else found)
                if value is not None and isinstance(value, types.ModuleType):
                    self.shell.user_ns[name] = value

    def _watch(self, exercises):
        """Take note of calls of the course's own version of an exercise, however the answer got hold of it."""
        for module in [module for name, module in list(sys.modules.items()) if name.startswith("attnlib.course.")]:
            for name in exercises:
                own = vars(module).get(name)
                own = vars(own).get("__init__") if isinstance(own, type) else own
                if isinstance(own, types.FunctionType) and own.__module__.startswith("attnlib."):
                    self.watched.append((own, own.__code__))
                    own.__globals__["_called"] = self.called
                    own.__globals__[f"_own_{name}"] = types.FunctionType(
                        own.__code__, own.__globals__, own.__name__, own.__defaults__, own.__closure__)
                    own.__code__ = _noting(name, own.__code__.co_freevars)

    def _unwatch(self):
        for own, code in self.watched:
            own.__code__ = code
        self.watched.clear()

    def _remember(self, helpers):
        """Keep the student's names and history, and add helpers that a canary calls by other names."""
        history, shell = self.shell.history_manager, self.shell
        self.kept = (dict(shell.user_ns), [(each, len(each)) for each in (
            history.input_hist_parsed, history.input_hist_raw)], shell.execution_count, self.kernel.execution_count,
            set(linecache.cache), list(helpers))
        shell.user_ns.update({name: KINDS[kind] for name, kind in helpers.items()})

    def _forget(self, whole):
        """Take the helpers away; where it was a canary, go on as if it had never been there."""
        names, lists, count, kernels, cached, helpers = self.kept
        for name in helpers:
            self.shell.user_ns.pop(name, None)
        if not whole:
            self.shell.user_ns.update({name: names[name] for name in helpers if name in names})
            return
        self.shell.user_ns.clear()
        self.shell.user_ns.update(names)
        for each, length in lists:
            del each[length:]
        self.shell.execution_count, self.kernel.execution_count = count, kernels
        for name in set(linecache.cache) - cached:
            linecache.cache.pop(name)


def _noting(name, free):
    """The code of a function that notes its call and goes on to the one it stands for."""
    made = {}
    given = ", ".join(free)
    exec(f"def make({given}):\n    def noting(*args, **names):\n        ({given},) if 0 else None\n"
         f"        _called.add({name!r})\n        return _own_{name}(*args, **names)\n    return noting"
         if free else
         f"def noting(*args, **names):\n    _called.add({name!r})\n    return _own_{name}(*args, **names)", made)
    return (made["make"](*free) if free else made["noting"]).__code__


def _functions(each):
    """The functions in Python that stand behind a name: decorators and numpy's dispatchers are looked through."""
    each = getattr(each, "__func__", each)
    while each is not None:
        if isinstance(each, types.FunctionType):
            yield each
        behind = "_implementation" if type(each).__name__ == "_ArrayFunctionDispatcher" else "__wrapped__"
        each = getattr(each, behind, None) if callable(each) else None


def _filled(cell):
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


def _matters(value):
    return callable(value) or isinstance(value, types.ModuleType)


def _fix_seeds():
    """Randomness that nobody seeded is the same in every run."""
    random.seed(0)
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    if numpy:
        fresh, count = numpy.random.default_rng, itertools.count()
        numpy.random.seed(0)
        numpy.random.default_rng = lambda seed=None: fresh(next(count) if seed is None else seed)
    if torch:
        torch.manual_seed(0)


class _State:
    """Global settings that honest code may change."""

    def __init__(self):
        self.numpy, self.torch = sys.modules.get("numpy"), sys.modules.get("torch")
        self.sys = {name: getattr(sys, name) for name in SETTINGS}
        self.limit = sys.getrecursionlimit()
        self.seed = {name: value for name, value in os.environ.items() if name == "ATTN_TERM_SEED"}
        self.signals = {number: signal.getsignal(number) for number in signal.valid_signals()}
        if self.numpy:
            self.errors, self.printing = self.numpy.geterr(), self.numpy.get_printoptions()
        if self.torch:
            self.dtype, self.threads = self.torch.get_default_dtype(), self.torch.get_num_threads()
            self.deterministic = self.torch.are_deterministic_algorithms_enabled()

    def put_back(self):
        sys.setrecursionlimit(self.limit)
        for timer in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF):
            signal.setitimer(timer, 0)
        for number, handler in self.signals.items():
            if handler is not None and signal.getsignal(number) is not handler:
                signal.signal(number, handler)
        os.environ.pop("ATTN_TERM_SEED", None)
        os.environ.update(self.seed)
        random.seed(0)
        if self.numpy:
            self.numpy.seterr(**self.errors)
            self.numpy.set_printoptions(**self.printing)
            self.numpy.random.seed(0)
        if self.torch:
            self.torch.set_default_dtype(self.dtype)
            self.torch.set_default_device(None)
            self.torch.set_grad_enabled(True)
            self.torch.set_num_threads(self.threads)
            if self.torch.are_deterministic_algorithms_enabled() != self.deterministic:  # takes two seconds
                self.torch.use_deterministic_algorithms(self.deterministic)
            self.torch.set_printoptions(profile="default")
            self.torch.manual_seed(0)


# What canaries.py puts around the expected values of a test.


class Odd:
    """Equal to nothing, of no use to anything."""

    __hash__ = None

    def __eq__(self, other):
        return False


def far(value):
    """Something of the same kind that is not equal to `value`, nor close to it."""
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    if torch and isinstance(value, torch.Tensor):
        value = value.detach()
        if not value.numel():
            return Odd()
        if value.dtype == torch.bool:
            return ~value
        return _far(torch.nan_to_num(value, 0.0, 0.0, 0.0)) if value.is_floating_point() else value * 3 + 7
    if numpy and isinstance(value, numpy.ndarray | numpy.generic):
        if not value.size or value.dtype.kind not in "biuf":
            return Odd()
        if value.dtype.kind == "b":
            return ~value
        return _far(numpy.nan_to_num(value, nan=0.0, posinf=0.0, neginf=0.0)) if value.dtype.kind == "f" \
            else value * 3 + 7
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value * 3 + 7
    if isinstance(value, float):
        return _far(value) if abs(value) < float("inf") else 0.0
    if isinstance(value, str):
        return value + "e"
    if isinstance(value, list | tuple):
        return type(value)([*value[:-1], far(value[-1])]) if value and type(value) in (list, tuple) else Odd()
    if isinstance(value, set | frozenset):
        return value ^ {"e"}
    if isinstance(value, dict):
        return value | {next(iter(value)): far(next(iter(value.values())))} if value else {"e": 1}
    return Odd()


def _far(number):
    return number * 3 + 7.0123456789  # only -3.50617… stays as it is


def less(value):
    return value * 0 - 1e30  # not a number where `value` is infinite: nothing is below that either


def more(value):
    return value * 0 + 1e30


def other(kind):
    """A class that nothing is an instance of."""
    return Odd


KINDS = {"far": far, "less": less, "more": more, "other": other}
