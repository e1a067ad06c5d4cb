package import CgroupModel
import KernelIO

/// A planned write: the cell, the current value and the new one.
package struct PlannedWrite: Sendable {
    /// The limit's unified name.
    package let name: String
    /// The disk, page size, interface or resource; nil for a limit with one value per cgroup.
    package let instance: String?
    /// The instance as the request named it.
    package var requestedInstance: String?
    /// The cgroup in the limit's hierarchy.
    package let directory: CgroupDirectory
    /// The file and the part of it that is written.
    package let cell: ControlCell
    /// The encoding of the value.
    package let coding: LimitFile.Coding
    /// The text of the current value, which the journal keeps.
    package let rawOld: String
    /// The requested value, in the unit of the file.
    package let new: LimitValue
    /// Whether the write widens or narrows the limit.
    package var direction: WriteDirection
    /// The rank of the limit among those of the same cgroup.
    package let nesting: Int
    /// The unit to which the kernel rounds the value down, in bytes; 1 without rounding.
    package var granularity: UInt64 = 1
    /// Whether to lower the limit in steps, with reclaim, and never below usage.
    package var shrinks = false
    /// The file with the value in effect; nil if that is the value itself.
    package var effective: ControlCell?

    /// The text of the requested value.
    package let rawNew: String

    /// Plans a write; nil if the file has no text for the value.
    package init?(
        name: String, instance: String?, directory: CgroupDirectory, cell: ControlCell,
        coding: LimitFile.Coding, rawOld: String, new: LimitValue, direction: WriteDirection,
        nesting: Int
    ) {
        guard let rawNew = coding.text(ofStored: new) else { return nil }
        self.name = name
        self.instance = instance
        self.directory = directory
        self.cell = cell
        self.coding = coding
        self.rawOld = rawOld
        self.new = new
        self.rawNew = rawNew
        self.direction = direction
        self.nesting = nesting
    }

    /// The current value, in the unit of the file; nil if its text cannot be parsed.
    package var old: LimitValue? { coding.stored(rawOld) }

    /// The text to write, with the line and key that it is for.
    package var command: String { cell.command(rawNew) }

    /// Whether the current value is the requested one.
    package var isDone: Bool { isReadable && isNew(rawOld) }

    /// Whether a text is the requested value.
    package func isNew(_ text: String) -> Bool { coding.stored(text) == new }

    /// Whether the write may reduce the resources of the cgroup's processes.
    package var takesAway: Bool {
        if isDone || direction == .widens { return false }
        guard let now = old?.number, let then = new.number, direction == .neither else {
            return true
        }
        return then < now
    }

    /// Whether the kernel shows the written value.
    package var isReadable: Bool { !cell.file.hasPrefix("devices.") }
}

/// Ordered writes, with warnings for the user.
package struct LimitPlan: Sendable {
    /// The writes in order.
    package let writes: [PlannedWrite]
    /// Warnings about the writes.
    package let warnings: [String]

    /// The cgroups whose limits must not be narrowed; checked again right before the first write.
    let protection: ProtectedSet?

    /// Orders the writes; equal ones keep their order.
    package init(
        _ writes: [PlannedWrite], warnings: [String] = [], protection: ProtectedSet? = nil
    ) {
        // Device rules cannot be rolled back, so everything else must succeed first.
        let reversible = writes.filter(\.isReadable).ordered {
            WriteOrder(
                direction: $0.direction, depth: $0.directory.path.depth, nesting: $0.nesting)
        }
        self.writes = reversible + writes.filter { !$0.isReadable }
        self.warnings = warnings
        self.protection = protection
    }

    /// Throws if a write would reduce the resources of a protected cgroup, or change a value of a
    /// cgroup that another program manages.
    func checkProtection() throws(ActuationError) {
        for path in Set(writes.filter { !$0.isDone }.map(\.directory.path)) {
            if let refusal = protection?.refusalOfWriting(on: path) {
                throw ActuationError(.refused, refusal)
            }
        }
        var asked: Set<CgroupPath> = []
        for write in writes where write.takesAway && asked.insert(write.directory.path).inserted {
            if let refusal = protection?.refusal(of: .limit, on: write.directory.path) {
                throw ActuationError(.refused, refusal)
            }
        }
    }

    /// Throws if a file to be written is read-only or not permitted.
    ///
    /// `isOthers` excludes writes, by index, that another process makes.
    package func checkWritable(
        except isOthers: (Int) -> Bool = { _ in false }
    ) throws(ActuationError) {
        for (index, write) in writes.enumerated() where !write.isDone && !isOthers(index) {
            try write.directory.reporting { () throws(IOError) in
                try ControlFile.checkWritable(write.cell.file, in: write.directory.descriptor)
            }
        }
    }

    /// Joins several cgroups' plans: outer limits widen first, inner ones narrow first.
    package static func joined(_ plans: [LimitPlan]) -> LimitPlan {
        LimitPlan(
            plans.flatMap(\.writes), warnings: plans.flatMap(\.warnings),
            protection: plans.first?.protection)
    }
}
