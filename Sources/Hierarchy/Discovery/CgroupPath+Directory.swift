internal import CgroupModel

extension CgroupPath {
    /// The path relative to the root directory of a hierarchy, for openat(2).
    package var relative: [UInt8] { isRoot ? [UInt8(ascii: ".")] : Array(bytes.dropFirst()) }

    var lastComponent: [UInt8]? {
        guard !isRoot, let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return nil }
        return Array(bytes[(slash + 1)...])
    }
}
