internal import CgroupModel

extension CgroupPath {
    /// The path relative to the root directory of a hierarchy, for openat(2).
    var relative: [UInt8] { isRoot ? [0x2e] : Array(bytes.dropFirst()) }

    var lastComponent: [UInt8]? {
        guard !isRoot, let slash = bytes.lastIndex(of: 0x2f) else { return nil }
        return Array(bytes[(slash + 1)...])
    }
}
