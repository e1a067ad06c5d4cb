internal import CLinux
internal import Glibc

/// The permissions of a program's file.
package enum ProgramFile {
    /// Whether the file has the set-user-ID bit, following links (statx(2)); nil if unknown.
    ///
    /// Uses the attributes that the kernel has cached, because the file system may be a user's own
    /// and never answer.
    package static func setsUserID(_ path: [UInt8]) -> Bool? {
        let found = unsafe path.withCPath { unsafe cgw_sets_user_id($0) }
        return found < 0 ? nil : found == 1
    }
}
