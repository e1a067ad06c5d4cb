package import CgroupModel

/// Cgroups of one part of the tree that a kept sample leaves out.
///
/// The payload of a record is the number of parts, and for each its path and the number.
package struct Omission: Sendable, Hashable {
    /// The part of the tree.
    package let path: CgroupPath
    /// The number of its cgroups that are left out.
    package let count: Int

    /// Limits what hostile bytes can claim.
    private static let most = 1 << 16

    static func encode(_ omissions: [Omission]) -> [UInt8] {
        var out = RunWriter()
        out.put(UInt64(omissions.count))
        for omission in omissions {
            out.put(text: omission.path.bytes[...])
            out.put(UInt64(omission.count))
        }
        return out.finish()
    }

    static func decode(_ payload: [UInt8]) throws(FrameError) -> [Omission] {
        var input = RunReader(payload)
        var omissions: [Omission] = []
        for _ in 0..<(try input.count(upTo: most)) {
            omissions.append(
                Omission(
                    path: CgroupPath(normalising: Array(try input.text())),
                    count: try input.count(upTo: Int(Int32.max))))
        }
        try input.finish()
        return omissions
    }
}
