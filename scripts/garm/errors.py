"""Exit statuses of scripts/run and the one exception type that carries them.

Every failure that a user can cause or fix is a GarmError with a one-line message; anything else that
escapes is a bug in these scripts and shows a traceback.
"""

EXIT_USAGE = 2
EXIT_OOPS = 120       # the guest kernel oopsed or panicked
EXIT_WARNING = 121    # the guest kernel warned (WARN, lockdep, KASAN, hung task, RCU stall, ...)
EXIT_TIMEOUT = 122    # the command or the guest did not finish in time
EXIT_QEMU = 123       # QEMU ended before the guest said that it was done
EXIT_SETUP = 124      # a package, a build or an image could not be had
EXIT_INTERRUPTED = 130


class GarmError(Exception):
    """A failure with a message for the user and the exit status of the script."""

    def __init__(self, message: str, status: int = EXIT_SETUP, detail: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.detail = detail


class UsageError(GarmError):
    """A wrong or impossible option."""

    def __init__(self, message: str) -> None:
        super().__init__(message, EXIT_USAGE)
