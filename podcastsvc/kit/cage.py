"""A cage for one process: limits on time and memory, and no network, no programs, no writing, as far as Linux allows.

A process that reads files made by strangers is in the cage before it opens them. Without Linux, or on a processor
other than x86-64 and ARM64, the limits hold and the list of refused system calls does not. Source: rule T-F3.
"""

import ctypes
import errno
import platform
import resource
import signal
import struct
from dataclasses import dataclass

MIB = 1024 * 1024

_WRITING_FLAGS = 0o1 | 0o2 | 0o100 | 0o1000  # O_WRONLY, O_RDWR, O_CREAT, O_TRUNC: the same on both processors

# Numbers from the kernel's tables. Refused: talking to others, starting programs, touching other processes, changing
# files, and the newer calls that do any of these in another way. Everything else is allowed.
_X86_64 = (
    *(41, 42, 44, 46, 49, 53, 307),  # socket connect sendto sendmsg bind socketpair sendmmsg
    *(59, 322, 101, 62, 200, 234, 310, 311, 424, 434),  # execve execveat ptrace kill tkill tgkill process_vm pidfd
    *(76, 77, 82, 264, 316, 87, 263, 84, 83, 258),  # truncate ftruncate rename* unlink* rmdir mkdir*
    *(85, 86, 265, 88, 266, 90, 91, 268, 452, 92, 93, 94, 260),  # creat link* symlink* chmod* chown*
    *(133, 259, 165, 272, 308, 321, 248, 249, 250, 425, 437),  # mknod* mount unshare setns bpf keys io_uring openat2
)
_ARM64 = (
    *(198, 203, 206, 211, 200, 199, 269),
    *(221, 281, 117, 129, 130, 131, 270, 271, 424, 434),
    *(45, 46, 38, 276, 35, 34, 37, 36, 52, 53, 452, 54, 55),
    *(33, 40, 97, 268, 280, 217, 218, 219, 425, 437),
)
# Audit number of the processor, refused calls, and (call, position of its flags) of the calls that open files.
_PROCESSORS = {
    "x86_64": (0xC000003E, _X86_64, ((2, 1), (257, 2))),
    "aarch64": (0xC00000B7, _ARM64, ((56, 2),)),
}

_ALLOW = 0x7FFF0000
_REFUSE = 0x00050000 | errno.EPERM
_KILL = 0x80000000
_LOAD, _JUMP_IF_EQUAL, _JUMP_IF_SET, _JUMP_FROM, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER = 1, 38, 22, 2


@dataclass(frozen=True, slots=True)
class Limits:
    """What one caged run may use. ``wall_seconds`` is kept by the process that waits for it."""

    cpu_seconds: int = 10
    memory_bytes: int = 512 * MIB
    open_files: int = 32
    wall_seconds: int = 60
    answer_bytes: int = 64 * MIB


def refuse_calls() -> None:
    """Takes the refused calls from this process and all it forks, for the rest of their lives; never in the server."""
    processor = _PROCESSORS.get(platform.machine())
    if platform.system() != "Linux" or processor is None:
        return
    code = ctypes.create_string_buffer(_build_filter(*processor))
    program = struct.pack("HP", len(code) // 8, ctypes.addressof(code))
    libc = ctypes.CDLL(None)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0:
        libc.prctl(_PR_SET_SECCOMP, _FILTER, ctypes.create_string_buffer(program), 0, 0)


def end_with_parent() -> None:
    """Lets the kernel kill this process as soon as the one that forked it ends."""
    if platform.system() == "Linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def set_limits(limits: Limits) -> None:
    """Sets the limits for this process; they can only be lowered from here on."""
    for kind, most in (
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        value = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (value, value))


def _build_filter(audit: int, refused: tuple[int, ...], opening: tuple[tuple[int, int], ...]) -> bytes:
    """Classic BPF over (call number, processor, arguments). Jumps count instructions after the next one."""
    tail = 2  # The last two instructions: allow, refuse.
    open_part = 3 * len(opening)  # For each: is it this call? load its flags; do they write?
    steps = [
        (_LOAD, 0, 0, 4),
        (_JUMP_IF_EQUAL, 1, 0, audit),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),
    ]
    left = len(refused) + open_part
    # Numbers from 0x40000000 on are the x32 face of the same calls, and would get round the list.
    steps.append((_JUMP_FROM, left + tail - 1, 0, 0x40000000))
    for number in refused:
        left -= 1
        steps.append((_JUMP_IF_EQUAL, left + tail - 1, 0, number))
    for number, position in opening:
        left -= 3
        steps.append((_JUMP_IF_EQUAL, 0, 2, number))
        steps.append((_LOAD, 0, 0, 16 + 8 * position))
        steps.append((_JUMP_IF_SET, left + tail - 1, left + tail - 2, _WRITING_FLAGS))
    steps += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE)]
    return b"".join(struct.pack("HBBI", *step) for step in steps)
