import CgroupModel
import Glibc
import KernelIO
import Testing

@Suite struct ErrnoTests {
    private static let numbers: [(Errno, Int32, String)] = [
        (.notPermitted, EPERM, "EPERM"), (.notFound, ENOENT, "ENOENT"),
        (.noProcess, ESRCH, "ESRCH"), (.interrupted, EINTR, "EINTR"), (.inputOutput, EIO, "EIO"),
        (.tryAgain, EAGAIN, "EAGAIN"), (.accessDenied, EACCES, "EACCES"),
        (.busy, EBUSY, "EBUSY"), (.exists, EEXIST, "EEXIST"), (.noDevice, ENODEV, "ENODEV"),
        (.invalid, EINVAL, "EINVAL"), (.noSpace, ENOSPC, "ENOSPC"), (.readOnly, EROFS, "EROFS"),
        (.outOfRange, ERANGE, "ERANGE"), (.notSupported, EOPNOTSUPP, "EOPNOTSUPP"),
        (.connectionReset, ECONNRESET, "ECONNRESET"), (.notConnected, ENOTCONN, "ENOTCONN"),
        (.timedOut, ETIMEDOUT, "ETIMEDOUT"), (.crossDevice, EXDEV, "EXDEV"),
        (Errno(ENXIO), 6, "ENXIO"), (Errno(E2BIG), 7, "E2BIG"), (Errno(EBADF), 9, "EBADF"),
        (Errno(ENOMEM), 12, "ENOMEM"), (Errno(ENOTDIR), 20, "ENOTDIR"),
        (Errno(EISDIR), 21, "EISDIR"), (Errno(ENFILE), 23, "ENFILE"),
        (Errno(EMFILE), 24, "EMFILE"), (Errno(EFBIG), 27, "EFBIG"), (Errno(EPIPE), 32, "EPIPE"),
        (Errno(ENAMETOOLONG), 36, "ENAMETOOLONG"), (Errno(ELOOP), 40, "ELOOP"),
        (Errno(EOVERFLOW), 75, "EOVERFLOW"), (Errno(ECONNREFUSED), 111, "ECONNREFUSED"),
        (Errno(EDQUOT), 122, "EDQUOT"), (Errno(ENOTEMPTY), 39, "ENOTEMPTY"),
        (Errno(EDOM), 33, "errno 33"),
    ]

    @Test(arguments: numbers.indices) func numbersAndNamesAreTheKernels(_ row: Int) {
        let (errno, number, name) = Self.numbers[row]
        #expect(errno.number == number && errno.name == name)
    }

    @Test func anErrorHasTheMeaningsOfItsNumber() {
        #expect(IOError("read", "memory.max", code: ENODEV).isGone)
        #expect(IOError("write", "memory.max", .accessDenied).isPermission)
        #expect(IOError("write", "memory.max", .busy).name == "EBUSY")
        #expect(Errno.timedOut.isUnanswered && !Errno.busy.isUnanswered)
    }
}
