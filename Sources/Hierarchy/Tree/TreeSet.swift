internal import CgroupModel
internal import KernelIO

/// The directory trees of all hierarchies that can be opened.
struct TreeSet: ~Copyable {
    private var trees: [HierarchyTreeBox?] = []
    /// The errors of the hierarchies that cannot be opened.
    private(set) var failures: [IOError] = []

    init(_ set: HierarchySet, scope: SampleScope, watching: Bool) throws(IOError) {
        for hierarchy in set.hierarchies {
            do throws(IOError) {
                let tree = try HierarchyTree(hierarchy, scope: scope, watching: watching)
                trees.append(HierarchyTreeBox(tree))
            } catch {
                trees.append(nil)
                failures.append(error)
            }
        }
        if failures.count == trees.count, let first = failures.first { throw first }
    }

    /// Whether every write to a file of any cgroup is noticed.
    var seesWrites: Bool { trees.allSatisfy { $0?.tree.seesWrites ?? true } }

    /// The descriptors for poll(2), readable once something changed.
    var notices: [Int32] { trees.compactMap { $0?.tree.notices } }

    /// Returns the changes since the last call.
    ///
    /// `suspects` are directories known to have lost a child.
    mutating func update(suspects: [Int: Set<CgroupPath>]) -> TreeChanges {
        var changes = TreeChanges()
        for (index, box) in trees.enumerated() {
            var born: [(hierarchy: Int, path: CgroupPath, inode: UInt64)] = []
            // The positions in `born`, known once a born cgroup may have died.
            var places: [CgroupPath: Int]?
            for change in box?.tree.update(suspects: suspects[index] ?? []) ?? [] {
                switch change {
                case .born(let path, let inode):
                    places?[path] = born.count
                    born.append((index, path, inode))
                case .died(let path) where born.isEmpty: changes.died.append((index, path))
                case .died(let path):
                    if places == nil {
                        places = Dictionary(
                            born.enumerated().map { ($1.path, $0) }
                        ) { $1 }
                    }
                    if let place = places?.removeValue(forKey: path) {
                        born[place].inode = 0
                    } else {
                        changes.died.append((index, path))
                    }
                case .written(let path): changes.written.insert(path)
                }
            }
            // The births are nearly in order, so sorting is cheap.
            changes.born += born.filter { $0.inode != 0 }.sorted { $0.path < $1.path }
        }
        return changes
    }
}

/// The changes between two ticks in all hierarchies.
///
/// Deaths are applied first: a cgroup that was recreated in several hierarchies must die in all of
/// them before it is born in the first.
struct TreeChanges {
    var died: [(hierarchy: Int, path: CgroupPath)] = []
    var born: [(hierarchy: Int, path: CgroupPath, inode: UInt64)] = []
    /// The cgroups with a file that user space wrote to; settings there and below may have changed.
    var written: Set<CgroupPath> = []
}

/// A reference to a noncopyable tree, so that it can be an array element.
private final class HierarchyTreeBox {
    var tree: HierarchyTree

    init(_ tree: consuming HierarchyTree) { self.tree = tree }
}
