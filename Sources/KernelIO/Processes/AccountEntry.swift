internal import Glibc

/// Reads entries of the databases of users and groups (getpwnam_r(3), getgrnam_r(3)).
enum AccountEntry {
    private static let smallestRoom = 16_384
    /// An entry of a group holds the names of its members, so it may be long.
    private static let largestRoom = 1 << 20

    /// Returns the part of an entry that `lookUp` extracts; nil if there is no such entry.
    ///
    /// `lookUp` passes its room to one of those functions, and returns the function's error number.
    /// It is called again with twice the room while the entry does not fit.
    static func find<Found>(
        _ what: String, _ lookUp: (inout [CChar]) -> (code: Int32, found: Found?)
    ) throws(IOError) -> Found? {
        var size = smallestRoom
        while true {
            var room = [CChar](repeating: 0, count: size)
            let (code, found) = lookUp(&room)
            switch code {
            // A missing entry has any of these numbers, according to the manual.
            case 0, ENOENT, ESRCH, EBADF, EPERM: return found
            case ERANGE where size < largestRoom: size *= 2
            case ERANGE: throw IOError("look up", what, code: code, objection: "it exceeds 1 MiB")
            default: throw IOError("look up", what, code: code)
            }
        }
    }
}
