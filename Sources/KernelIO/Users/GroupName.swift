internal import Glibc

/// Looks up group names.
package enum GroupName {
    /// The ID of a group (getgrnam_r(3)); nil if there is none.
    ///
    /// May wait for the network.
    package static func number(of name: String) throws(IOError) -> UInt32? {
        try AccountEntry.find("group \(name)") {
            (room: inout [CChar]) -> (code: Int32, found: UInt32?) in
            var entry = unsafe group()
            var number: UInt32?
            let code = unsafe room.withUnsafeMutableBufferPointer { room -> Int32 in
                var found: UnsafeMutablePointer<group>?
                guard let base = room.baseAddress else { return ERANGE }
                let code = unsafe getgrnam_r(name, &entry, base, room.count, &found)
                if let found = unsafe found { number = unsafe found.pointee.gr_gid }
                return code
            }
            return (code, number)
        }
    }
}
