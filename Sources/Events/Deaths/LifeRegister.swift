internal import CgroupModel
internal import Hierarchy
internal import KernelIO

/// The living cgroups of a hierarchy, each with its inotify watches.
struct LifeRegister: ~Copyable, Sendable {
    private struct Life {
        let born: UInt64?
        /// Distinguishes it from a later cgroup at the same path.
        let inode: UInt64
        let entries: Int32?
        let events: Int32?
        var final: LifeTotals?
    }

    private enum Watched {
        case entries(CgroupPath), events(CgroupPath)
    }

    private let hierarchy: MountedHierarchy
    private let root: OwnedDescriptor
    private var watch: EntryWatch
    private var lives: [CgroupPath: Life] = [:]
    private var places: [Int32: Watched] = [:]
    private var ends: [CgroupEnd] = []
    /// The index of the last of ``ends`` at each path.
    private var lastEnds: [CgroupPath: Int] = [:]
    private var isIncomplete = false
    /// The maximum number of ends that wait to be taken.
    private static let most = 8192
    /// The maximum number of watched cgroups; a tenant may create any number.
    private static let mostLives = 32_768
    private static let events = Array("cgroup.events".utf8)

    init?(_ hierarchy: MountedHierarchy) {
        guard let root = try? OwnedDescriptor.directory(hierarchy.directory),
            let watch = EntryWatch()
        else { return nil }
        self.hierarchy = hierarchy
        self.root = root
        self.watch = watch
    }

    var watched: Int32 { watch.number }

    /// Registers all existing cgroups.
    mutating func begin() { enter(.root, born: nil) }

    /// Processes at most `most` notices; returns their number.
    mutating func read(_ most: Int) -> Int {
        for count in 0..<most {
            guard let event = watch.next() else { return count }
            take(event)
        }
        return most
    }

    /// Removes and returns the ends up to now, and whether some may be missing.
    mutating func take() -> (ends: [CgroupEnd], isIncomplete: Bool) {
        for index in ends.indices {
            let path = ends[index].path
            ends[index].isReplaced = lives[path] != nil || lastEnds[path] != index
        }
        defer { (ends, lastEnds, isIncomplete) = ([], [:], false) }
        return (ends, isIncomplete)
    }

    private mutating func take(_ event: EntryWatch.Event) {
        switch event {
        case .created(let name, let number):
            guard case .entries(let parent)? = places[number] else { return }
            enter(parent.child(name), born: MonotonicClock.bootNanoseconds)
        case .removed(let name, let number):
            guard case .entries(let parent)? = places[number] else { return }
            leave(parent.child(name))
        case .changed(let number):
            guard case .events(let path)? = places[number] else { return }
            let final = finalTotals(path)
            lives[path]?.final = final
        case .ended(let number): places[number] = nil
        case .lost:
            isIncomplete = true
            compare()
        }
    }

    /// Registers a cgroup and its existing descendants.
    private mutating func enter(_ path: CgroupPath, born: UInt64?) {
        var waiting = [path]
        while let path = waiting.popLast() {
            if lives[path] != nil { continue }
            guard lives.count < Self.mostLives else { return isIncomplete = true }
            let full = path.isRoot ? hierarchy.directory : hierarchy.directory + path.bytes
            let entries = watch.add(directory: full)
            let events =
                hierarchy.version == .unified && !path.isRoot
                ? watch.add(file: full + [UInt8(ascii: "/")] + Self.events) : nil
            // The descendants of a renamed v1 cgroup keep their watches under new paths.
            if let entries, case .entries(let old)? = places[entries], old != path {
                lives[old] = nil
            }
            if let entries { places[entries] = .entries(path) }
            if let events { places[events] = .events(path) }
            var inode: UInt64 = 0
            // It may be gone already; its end is noticed next.
            if let opened = directory(path) {
                inode = opened.inode
                disown(inode, path)
                if entries == nil { isIncomplete = true }
                waiting += children(path, opened)
            }
            lives[path] = Life(born: born, inode: inode, entries: entries, events: events)
        }
    }

    /// Forgets the inode of the previous cgroup at the path if the new cgroup has the same one.
    ///
    /// The previous cgroup was gone before its directory was opened, so the new one was opened.
    private mutating func disown(_ inode: UInt64, _ path: CgroupPath) {
        guard let index = lastEnds[path], ends[index].inode == inode else { return }
        ends[index].inode = 0
        ends[index].final = nil
    }

    private mutating func leave(_ path: CgroupPath) {
        guard let life = lives.removeValue(forKey: path) else { return }
        for number in [life.entries, life.events].compactMap(\.self) { places[number] = nil }
        guard ends.count < Self.most else { return isIncomplete = true }
        lastEnds[path] = ends.count
        ends.append(
            CgroupEnd(
                path: path, inode: life.inode, born: life.born, died: .now, final: life.final))
    }

    /// Compares the register with the tree after notices were dropped.
    private mutating func compare() {
        var existing: Set<CgroupPath> = []
        var waiting = [CgroupPath.root]
        while let path = waiting.popLast() {
            existing.insert(path)
            if let opened = directory(path) { waiting += children(path, opened) }
        }
        for path in lives.keys.filter({ !existing.contains($0) }) { leave(path) }
        for path in existing where lives[path] == nil {
            enter(path, born: MonotonicClock.bootNanoseconds)
        }
    }

    private func children(
        _ path: CgroupPath, _ directory: borrowing OwnedDescriptor
    ) -> [CgroupPath] {
        guard let entries = try? directory.entries(path: path.description) else { return [] }
        return entries.filter(\.isDirectory).map { path.child($0.name) }
    }

    private func directory(_ path: CgroupPath) -> OwnedDescriptor? {
        try? OwnedDescriptor.directory(path.relative, within: root.number)
    }

    /// Returns the totals of a cgroup; nil if it has processes, or is gone or replaced.
    private func finalTotals(_ path: CgroupPath) -> LifeTotals? {
        guard let directory = directory(path), directory.inode == lives[path]?.inode,
            let events = try? ReadBuffer.contents(of: Self.events, under: directory.number),
            events.starts(with: Array("populated 0".utf8))
        else { return nil }
        let totals = LifeTotals(in: directory)
        return totals.isEmpty ? nil : totals
    }
}
