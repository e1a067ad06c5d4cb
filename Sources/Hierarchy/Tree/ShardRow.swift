/// The cgroup assigned to a row.
struct ShardRow: Sendable {
    /// The path relative to the hierarchies' roots.
    let path: [UInt8]
    let generation: UInt64
    /// The inode in each hierarchy, 0 if the path does not exist there.
    let inodes: [UInt64]
}
