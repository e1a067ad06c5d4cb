import CgroupModel

extension LiveModel {
    /// The readable name of a row; in a list, after its parent's path.
    ///
    /// The detail pane shows the full path of the selected cgroup.
    func label(of row: TreeRow) -> String {
        guard let path = snapshot?.cgroups[row.index].path else { return "" }
        let title = titles[row.index]
        if layout.tree { return (title ?? UnitName.readable(path.name)).onOneLine }
        guard let title, let parent = path.parent else { return path.description }
        return ((parent.isRoot ? "" : parent.description) + "/" + title).onOneLine
    }

    /// The cells that the name of a row needs, with its guides and the mark.
    func width(of row: TreeRow) -> Int {
        let fold = row.folded > 0 ? CellWidth.of(row.foldNote) + 2 : 0
        return min(row.depth, TreeRows.deepestGuide) * 3 + CellWidth.of(label(of: row)) + fold + 2
    }

    /// The owner of a row's cgroup; nil if its path shows none.
    func owner(of row: TreeRow) -> String? {
        guard let path = snapshot?.cgroups[row.index].path else { return nil }
        return (identities[row.index] ?? CgroupIdentity(path)).owner
    }

    /// The state of a row's cgroup; for a freeze that this view made, the time until the thaw.
    func state(of row: TreeRow, now: UInt64) -> String? {
        guard let snapshot else { return nil }
        let state = CgroupFigures(snapshot, row.index).state
        guard state ?? "frozen" == "frozen", let end = thawTimes[row.id], end > now else {
            return state
        }
        let seconds = (end - now + 999_999) / 1_000_000
        return seconds < 100 ? "frozen \(seconds)s" : "frozen \(seconds / 60)m"
    }
}

extension CgroupIdentity {
    /// The unit of systemd, the container runtime or the kubelet that sets the limits, as far as
    /// the path shows it; nil if it shows none.
    var owner: String? {
        if podUID != nil || slice?.hasPrefix("kubepods") ?? false { return "kubelet" }
        return (runtime ?? unit.map(UnitName.readable))?.onOneLine
    }
}

extension TreeRow {
    /// The number of hidden descendants, after the name.
    var foldNote: String { folded > 0 ? " (+\(folded))" : "" }
}
