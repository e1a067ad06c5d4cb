import CgroupModel

/// One line of the table.
struct TreeRow: Hashable, Sendable {
    /// The position in ``Snapshot/cgroups``.
    let index: Int
    /// The cgroup of the line.
    let id: CgroupID
    /// The depth below the top row of the tree; 0 in a flat list.
    let depth: Int
    /// A set of bits for the guides: bit n is set if the row at depth n+1 on the path to this row,
    /// itself included, is the last child of its parent.
    let lastSiblings: UInt64
    /// The number of descendants hidden by the fold.
    let folded: Int
}

/// Selects and orders the cgroups of the table.
struct TreeRows {
    /// The depth beyond which no guides are drawn; deeper rows keep their order.
    static let deepestGuide = 40

    /// The criteria of selection and order.
    struct Options {
        var layout = Layout()
        /// The condition on the listed cgroups.
        var filter = CgroupFilter.everything
        var visibility = Visibility.all
        var folded: Set<CgroupID> = []
        /// Readable names of cgroups, by position in the snapshot.
        var titles: [Int: String] = [:]
        /// Units, containers and pods of cgroups, by position in the snapshot.
        var identities: [Int: CgroupIdentity] = [:]
        /// Whether cgroups that no longer exist are listed.
        var showsDead = true
    }

    private let snapshot: Snapshot
    private let options: Options

    /// Returns the rows of a snapshot.
    static func build(_ snapshot: Snapshot, _ options: Options) -> [TreeRow] {
        let rows = TreeRows(snapshot: snapshot, options: options)
        let shown = rows.shown()
        let order = rows.order(shown)
        guard !options.layout.tree else { return rows.tree(order, shown) }
        return order.map { index in
            TreeRow(
                index: index, id: snapshot.cgroups[index].id, depth: 0, lastSiblings: 0, folded: 0)
        }
    }

    private init(snapshot: Snapshot, options: Options) {
        self.snapshot = snapshot
        self.options = options
    }

    /// The cgroups that pass the filter; in a tree, also their ancestors.
    private func shown() -> [Bool] {
        let cgroups = snapshot.cgroups
        let isShown = cgroups.map { entry in
            options.showsDead || !snapshot.departed.contains(entry.id.generation)
        }
        guard !options.filter.isEmpty || options.visibility != .all else { return isShown }
        var shown = cgroups.indices.map { index in
            isShown[index] && options.visibility.includes(CgroupFigures(snapshot, index))
                && options.filter.matches(
                    FilterSubject(
                        snapshot, index, identity: options.identities[index],
                        title: options.titles[index]))
        }
        guard options.layout.tree else { return shown }
        // Parents precede their children, so a backward pass reaches every ancestor.
        for index in cgroups.indices.reversed() where shown[index] {
            if let parent = cgroups[index].parent { shown[parent] = true }
        }
        return shown
    }

    /// The shown cgroups in sort order; those without a number come last in either direction.
    private func order(_ shown: [Bool]) -> [Int] {
        let layout = options.layout
        let indices = shown.indices.filter { shown[$0] }
        guard layout.sort != .path else { return layout.reverse ? indices.reversed() : indices }
        let keyed = indices.map { index in
            let value = CgroupFigures(snapshot, index)
                .sortValue(layout.sort, percent: layout.percent)
            let key = value.map { layout.reverse ? -$0 : $0 } ?? -.infinity
            return (key: key, index: index)
        }
        return keyed.sorted { ($1.key, $0.index) < ($0.key, $1.index) }.map(\.index)
    }

    /// Depth first: parents before their children, siblings in the given order.
    private func tree(_ order: [Int], _ shown: [Bool]) -> [TreeRow] {
        let cgroups = snapshot.cgroups
        // Linked lists of children: the first child of each cgroup, and the next sibling.
        var first = [Int](repeating: -1, count: cgroups.count)
        var next = first
        var roots: [Int] = []
        for index in order.reversed() {
            if let parent = cgroups[index].parent {
                next[index] = first[parent]
                first[parent] = index
            } else {
                roots.append(index)
            }
        }
        var rows: [TreeRow] = []
        rows.reserveCapacity(order.count)
        var pending = roots.map { (index: $0, depth: 0, last: UInt64(0)) }
        while let place = pending.popLast() {
            let id = cgroups[place.index].id
            let isFolded =
                options.filter.isEmpty && first[place.index] >= 0 && options.folded.contains(id)
            rows.append(
                TreeRow(
                    index: place.index, id: id, depth: place.depth, lastSiblings: place.last,
                    folded: isFolded ? descendants(of: place.index, shown) : 0))
            guard !isFolded else { continue }
            let start = pending.count
            var child = first[place.index]
            while child >= 0 {
                let bit: UInt64 = place.depth < Self.deepestGuide ? 1 << UInt64(place.depth) : 0
                let last = next[child] < 0 ? place.last | bit : place.last
                pending.append((child, place.depth + 1, last))
                child = next[child]
            }
            pending[start...].reverse()
        }
        return rows
    }

    private func descendants(of index: Int, _ shown: [Bool]) -> Int {
        // In path order, the descendants follow directly.
        let path = snapshot.cgroups[index].path
        var count = 0
        var place = index + 1
        while place < shown.count, snapshot.cgroups[place].path.isWithin(path) {
            count += shown[place] ? 1 : 0
            place += 1
        }
        return count
    }
}

/// The cgroups that are listed.
enum Visibility: CaseIterable, Sendable {
    case all
    /// Those with tasks.
    case populated
    /// Those that used a CPU or transferred data since the previous sample.
    case busy

    /// Whether a cgroup is listed; a cgroup whose numbers are all unknown is listed.
    func includes(_ figures: CgroupFigures) -> Bool {
        switch self {
        case .all: return true
        case .populated: return figures.tasks.number != 0
        case .busy:
            let numbers = [figures.cpuPercent, figures.read, figures.written].compactMap(\.number)
            return numbers.isEmpty || numbers.contains { $0 > 0 }
        }
    }

    /// The message of the key that selects it.
    var message: String {
        switch self {
        case .all: "all cgroups"
        case .populated: "only cgroups with tasks; I again hides idle ones, too"
        case .busy: "only cgroups that use CPU or I/O; I again shows all"
        }
    }
}

extension TreeRow {
    /// The lines from the parent to this row: `│  ├─ `, or `│ ├─` if room is scarce.
    func guides(narrow: Bool) -> String {
        guard depth > 0 else { return "" }
        let gap = narrow ? "" : " "
        var result = ""
        for level in 0..<min(depth, TreeRows.deepestGuide) {
            let isLast = lastSiblings >> UInt64(level) & 1 == 1
            if level == depth - 1 {
                result += (isLast ? "└─" : "├─") + gap
            } else {
                result += (isLast ? "  " : "│ ") + gap
            }
        }
        return result
    }
}
