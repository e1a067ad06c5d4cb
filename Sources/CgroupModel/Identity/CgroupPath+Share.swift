extension CgroupPath {
    private static let slice = Array(".slice".utf8)

    /// The part of the tree whose cgroups share bounds: the topmost cgroup, or the unit or slice in
    /// a topmost slice.
    ///
    /// A tenant may create any number of cgroups, but only below the cgroup that was delegated to
    /// it.
    package var share: CgroupPath {
        let slash = UInt8(ascii: "/")
        guard let first = bytes.dropFirst().firstIndex(of: slash) else { return self }
        guard bytes[..<first].suffix(Self.slice.count) == Self.slice[...] else {
            return CgroupPath(normalising: Array(bytes[..<first]))
        }
        let second = bytes[(first + 1)...].firstIndex(of: slash) ?? bytes.count
        return CgroupPath(normalising: Array(bytes[..<second]))
    }
}
