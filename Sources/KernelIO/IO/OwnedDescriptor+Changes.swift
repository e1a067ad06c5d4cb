internal import CLinux
internal import Glibc

extension OwnedDescriptor {
    /// Makes a directory in this one (mkdirat(2)).
    public borrowing func makeDirectory(_ name: [UInt8]) throws(IOError) {
        CrashPoint.pass()
        let result = unsafe name.withCPath { unsafe mkdirat(number, $0, 0o755) }
        guard result == 0 else { throw IOError("make", name.pathText, code: errno) }
        CrashPoint.pass()
    }

    /// Removes a directory in this one (unlinkat(2)) if its inode is the one given.
    public borrowing func removeDirectory(_ name: [UInt8], inode: UInt64) throws(IOError) {
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

    /// Whether a file in this directory could be written, tried by opening it for that.
    public borrowing func refusesWriting(_ name: String) -> IOError? {
        let descriptor = unsafe Array(name.utf8).withCPath { path in
            unsafe openat(number, path, O_WRONLY | O_CLOEXEC | O_NOCTTY)
        }
        guard descriptor >= 0 else { return IOError("write", name, code: errno) }
        close(descriptor)
        return nil
    }

    /// The same directory opened once more, with a position in its list that is this opening's own.
    public borrowing func reopened() throws(IOError) -> OwnedDescriptor {
        try OwnedDescriptor.directory([0x2e], under: number)
    }

    /// Takes the one lock on the open file (flock(2)); false if someone else has it.
    ///
    /// It is let go of when this opening closes, even by the death of the process. Whoever may open
    /// the file may do the same, so it is to be one that others cannot.
    public borrowing func tryLock() -> Bool { cgw_try_lock(number) == 0 }
}
