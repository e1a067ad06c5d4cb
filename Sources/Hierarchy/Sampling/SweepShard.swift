internal import CgroupModel
internal import KernelIO

/// Reads the files of some of the cgroups, on a thread of its own.
///
/// One shard is enough until its descriptors run out; then further shards, each with its own
/// descriptor table, take the rest, because opening a file costs three times as much as reading it.
actor SweepShard {
    /// What one pass brought.
    struct Result: Sendable {
        var block: RowBlock
        var health: SampleHealth
        /// Rows, and the hierarchies in which their directory is gone.
        var vanished: [(row: Int, hierarchy: Int)]
    }

    nonisolated let executor: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe executor.asUnownedSerialExecutor()
    }

    private let plan: ReadPlan
    private let hierarchies: [MountedHierarchy]
    private let parsers: [FileParser]
    private let gates: [FileGate?]
    private let derivations: Derivations
    private var roots: [Int32] = []
    private var table: DescriptorTable
    private var buffer = ReadBuffer()
    private var writer: RowWriter
    private var rows: [ShardRow?] = []
    private var health = SampleHealth()
    private var vanished: [(row: Int, hierarchy: Int)] = []

    init(_ plan: ReadPlan, on set: HierarchySet, budget: Int, executor: ThreadExecutor) {
        self.plan = plan
        self.executor = executor
        hierarchies = set.hierarchies
        parsers = plan.files.map { FileParser($0.layout) }
        gates = plan.files.map { FileGate($0, plan.schema) }
        derivations = Derivations(plan.schema, on: set)
        table = DescriptorTable(budget: budget)
        writer = RowWriter(schema: plan.schema)
    }

    isolated deinit {
        table.closeAll()
        for root in roots where root >= 0 { DescriptorTable.release(root) }
    }

    /// Puts a cgroup into a row, or takes it out with nil.
    func assign(_ changes: [(row: Int, content: ShardRow?)]) {
        for (row, content) in changes {
            while rows.count <= row {
                rows.append(nil)
                writer.appendRow()
            }
            table.grow(to: rows.count * plan.files.count)
            let old = rows[row]
            rows[row] = content
            if let old, let content, old.generation == content.generation {
                // The same cgroup gained or lost a hierarchy.
                for (index, file) in plan.files.enumerated()
                where old.inodes[file.hierarchy] != content.inodes[file.hierarchy] {
                    table.clear(row * plan.files.count + index)
                    writer.forget(row: row, parsers[index].layout)
                }
            } else {
                for index in plan.files.indices { table.clear(row * plan.files.count + index) }
                writer.clear(row: row)
            }
        }
    }

    /// Marks rows whose settings someone may have changed.
    func settingsChanged(_ changed: [Int]) {
        for row in changed { rows[row]?.settingsDue = true }
    }

    /// Reads everything that is due.
    func sweep(_ due: SweepDue) -> Result {
        if roots.isEmpty {
            roots = hierarchies.map { DescriptorTable.openRoot($0.directory) }
        }
        health = SampleHealth()
        vanished = []
        writer.beginPass()
        for row in rows.indices {
            writer.beginRow(row)
            if rows[row] != nil { read(row, due) }
            writer.endRow()
        }
        health.descriptors = UInt64(table.open)
        return Result(block: writer.block, health: health, vanished: vanished)
    }

    private func read(_ row: Int, _ due: SweepDue) {
        let settings = due.allSettings || rows[row]?.settingsDue == true
        let base = row * plan.files.count
        var directory = OpenDirectory()
        for index in parsers.indices {
            let file = plan.files[index]
            let isDue = file.tier == .settings ? settings : due.tiers[file.tier.rawValue]
            let layout = parsers[index].layout
            guard isDue else {
                writer.carry(layout)
                continue
            }
            if let gate = gates[index], gate.isClosed(writer) {
                writer.hold(layout)
                writer.carry(layout)
                continue
            }
            let descriptor = table[base + index]
            if descriptor >= 0 {
                consume(index, row, buffer.fill(from: descriptor))
            } else {
                readUnkept(index, row, due, &directory)
            }
        }
        directory.close()
        if settings {
            rows[row]?.settingsDue = false
            derivations.apply(to: &writer)
        }
    }

    /// Opens a file, reads it, and keeps it open if it is read often.
    private func readUnkept(
        _ index: Int, _ row: Int, _ due: SweepDue, _ directory: inout OpenDirectory
    ) {
        guard let content = rows[row] else { return }
        let file = plan.files[index]
        let slot = row * plan.files.count + index
        let inode = content.inodes[file.hierarchy]
        guard inode != 0 else { return fail(index, .absent) }
        if table[slot] == DescriptorTable.Vacancy.absent, !due.reprobe {
            return fail(index, .absent)
        }
        if directory.hierarchy != file.hierarchy {
            directory.close()
            directory.open(
                content.path, under: roots[file.hierarchy], hierarchy: file.hierarchy,
                inode: inode)
        }
        guard directory.descriptor >= 0 else {
            vanished.append((row, file.hierarchy))
            return fail(index, .gone)
        }
        let keep = due.keeps && file.tier <= .costly
        let descriptor = table.open(slot, file.layout.name, under: directory.descriptor, keep: keep)
        guard descriptor >= 0 else {
            switch table[slot] {
            case DescriptorTable.Vacancy.absent: fail(index, .absent)
            case DescriptorTable.Vacancy.notPermitted:
                health.notPermitted += 1
                fail(index, .notPermitted)
            default:
                health.malformed += 1
                fail(index, .malformed)
            }
            return
        }
        consume(index, row, buffer.fill(from: descriptor))
        if table[slot] != descriptor {
            if keep { health.unkept += 1 }
            DescriptorTable.release(descriptor)
        }
    }

    private func consume(_ index: Int, _ row: Int, _ code: Int32) {
        health.filesRead += 1
        guard code != 0 else {
            if !parsers[index].parse(buffer.bytes, into: &writer) { health.malformed += 1 }
            return
        }
        let reason = IOError.reading(for: code)
        fail(index, reason)
        if reason == .gone || reason == .absent {
            // The cgroup was removed, or only its controller was switched off: looking at the
            // directory tells, and the next tick opens the file anew.
            table.clear(row * plan.files.count + index)
            if let content = rows[row] { check(content, row, plan.files[index].hierarchy) }
        } else if reason == .notPermitted {
            health.notPermitted += 1
        } else if reason == .malformed {
            health.malformed += 1
        }
    }

    private func check(_ content: ShardRow, _ row: Int, _ hierarchy: Int) {
        var directory = OpenDirectory()
        directory.open(
            content.path, under: roots[hierarchy], hierarchy: hierarchy,
            inode: content.inodes[hierarchy])
        if directory.descriptor < 0 { vanished.append((row, hierarchy)) }
        directory.close()
    }

    private func fail(_ index: Int, _ reason: Reading) {
        let layout = parsers[index].layout
        writer.beginFile(layout)
        writer.fail(layout, with: reason)
        writer.endFile(layout)
    }

    /// The paths of the files that the last pass read, for measuring against the floor.
    func keptFiles() -> [[UInt8]] {
        var paths: [[UInt8]] = []
        for (row, content) in rows.enumerated() {
            guard let content else { continue }
            for (index, file) in plan.files.enumerated()
            where table[row * plan.files.count + index] >= 0 {
                paths.append(
                    hierarchies[file.hierarchy].directory + [0x2f] + content.path + [0x2f]
                        + file.layout.name)
            }
        }
        return paths
    }
}

/// A cgroup as a shard knows it.
struct ShardRow: Sendable {
    /// Relative to the hierarchies' roots.
    let path: [UInt8]
    let generation: UInt64
    /// The inode in each hierarchy, 0 where the path does not exist.
    let inodes: [UInt64]
    var settingsDue = true
}

/// What one pass has to read.
struct SweepDue: Sendable {
    /// By ``Tier``; the settings tier is also due for single rows.
    var tiers: [Bool]
    /// Whether the settings of all rows are due.
    var allSettings: Bool
    /// Whether files that did not exist are tried again, since v2 controllers come and go.
    var reprobe: Bool
    /// Whether descriptors are kept for a next pass.
    var keeps: Bool
}

/// A cgroup's directory, open for as long as its files are opened.
private struct OpenDirectory {
    var descriptor: Int32 = -1
    var hierarchy = -1

    mutating func open(_ path: [UInt8], under root: Int32, hierarchy: Int, inode: UInt64) {
        self.hierarchy = hierarchy
        descriptor = DescriptorTable.openDirectory(path, under: root, inode: inode)
    }

    mutating func close() {
        if descriptor >= 0 { DescriptorTable.release(descriptor) }
        descriptor = -1
        hierarchy = -1
    }
}
