internal import Glibc

/// Looks up group names.
package enum GroupName {
    /// The ID of a group (getgrnam_r(3)); nil if there is none.
    ///
    /// May wait for the network.
    package static func number(of name: String) -> UInt32? {
        var entry = unsafe group()
        var room = [CChar](repeating: 0, count: 65536)
        return unsafe room.withUnsafeMutableBufferPointer { room in
            var found: UnsafeMutablePointer<group>?
            guard let base = room.baseAddress,
                unsafe getgrnam_r(name, &entry, base, room.count, &found) == 0,
                let found = unsafe found
            else { return nil }
            return unsafe found.pointee.gr_gid
        }
    }
}
