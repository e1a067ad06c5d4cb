internal import CLinux
internal import Glibc

extension OwnedDescriptor {
    /// Opens a file in a directory for writing (openat(2), O_WRONLY).
    package static func writable(
        _ name: String, in directory: borrowing OwnedDescriptor
    ) throws(IOError) -> OwnedDescriptor {
        let opened = unsafe Array(name.utf8).withCPath { path in
            unsafe openat(directory.number, path, O_WRONLY | O_CLOEXEC | O_NOCTTY)
        }
        guard opened >= 0 else { throw IOError("open", name, code: errno) }
        return OwnedDescriptor(adopting: opened)
    }

    /// Whether this process may write to an entry (faccessat(2), AT_EACCESS); `.` is the directory
    /// itself.
    package borrowing func isWritable(_ name: String) -> Bool {
        unsafe Array(name.utf8).withCPath { unsafe cgw_is_writable(number, $0) } == 1
    }
}
