internal import Glibc

extension IOError {
    /// The symbolic name of the error number (`EBUSY`), or `errno N` for a rare one.
    package var name: String { Self.names[code] ?? "errno \(code)" }

    /// The error number with a symbolic name; nil for a name that ``name`` does not use.
    package static func code(named name: String) -> Int32? {
        names.first { $0.value == name }?.key
    }

    private static let names: [Int32: String] = [
        EPERM: "EPERM", ENOENT: "ENOENT", ESRCH: "ESRCH", EINTR: "EINTR", EIO: "EIO",
        ENXIO: "ENXIO", E2BIG: "E2BIG", EBADF: "EBADF", EAGAIN: "EAGAIN", ENOMEM: "ENOMEM",
        EACCES: "EACCES", EBUSY: "EBUSY", EEXIST: "EEXIST", ENODEV: "ENODEV",
        ENOTDIR: "ENOTDIR", EISDIR: "EISDIR", EINVAL: "EINVAL", ENFILE: "ENFILE",
        EMFILE: "EMFILE", EFBIG: "EFBIG", ENOSPC: "ENOSPC", EROFS: "EROFS", EPIPE: "EPIPE",
        ERANGE: "ERANGE", ENAMETOOLONG: "ENAMETOOLONG", EOPNOTSUPP: "EOPNOTSUPP",
        ETIMEDOUT: "ETIMEDOUT", ECONNREFUSED: "ECONNREFUSED",
        ECONNRESET: "ECONNRESET", ENOTCONN: "ENOTCONN", EDQUOT: "EDQUOT",
        EOVERFLOW: "EOVERFLOW", ELOOP: "ELOOP",
    ]
}
