internal import CLinux
internal import Glibc

extension OwnedDescriptor {
    /// Creates a subdirectory (mkdirat(2)).
    package borrowing func makeDirectory(_ name: [UInt8]) throws(IOError) {
        CrashPoint.pass()
        let result = unsafe name.withCPath { unsafe mkdirat(number, $0, 0o755) }
        guard result == 0 else { throw IOError("create", name.pathText, code: errno) }
        CrashPoint.pass()
    }

    /// Removes a subdirectory if it has this inode (unlinkat(2)); throws ENOENT if it does not.
    package borrowing func removeDirectory(_ name: [UInt8], inode: UInt64) throws(IOError) {
        var found: UInt64 = 0
        let kind = unsafe name.withCPath { unsafe cgw_entry(number, $0, &found) }
        guard kind == 1, found == inode else {
            throw IOError("remove", name.pathText, code: ENOENT)
        }
        CrashPoint.pass()
        let result = unsafe name.withCPath { unsafe unlinkat(number, $0, AT_REMOVEDIR) }
        guard result == 0 else { throw IOError("remove", name.pathText, code: errno) }
        CrashPoint.pass()
    }

    /// The error of opening a file in this directory for writing; nil if that works.
    package borrowing func refusesWriting(_ name: String) -> IOError? {
        let descriptor = unsafe Array(name.utf8).withCPath { path in
            unsafe openat(number, path, O_WRONLY | O_CLOEXEC | O_NOCTTY)
        }
        guard descriptor >= 0 else { return IOError("write", name, code: errno) }
        close(descriptor)
        return nil
    }

    /// Sets the mode and, unless it is nil, the group of the open file (fchmod(2), fchown(2)).
    borrowing func share(with group: UInt32?, mode: mode_t, path: String) throws(IOError) {
        if let group, fchown(number, .max, group) != 0 {
            throw IOError("change the group of", path, code: errno)
        }
        guard fchmod(number, mode) == 0 else {
            throw IOError("change the mode of", path, code: errno)
        }
    }

    /// Opens the same directory again, with a read position of its own.
    package borrowing func reopened() throws(IOError) -> OwnedDescriptor {
        try OwnedDescriptor.directory([UInt8(ascii: ".")], under: number)
    }

    /// Takes the exclusive lock on the open file without waiting (flock(2)); false if it is taken.
    ///
    /// The lock is released when this open file closes, which includes the death of the process.
    /// Anyone who can open the file can lock it, so use it only on files that others cannot open.
    package borrowing func tryLock() -> Bool { cgw_try_lock(number) == 0 }
}
