import CgroupModel
import KernelIO

/// One write to come: where, what is there, and what is wanted.
public struct PlannedWrite: Sendable {
    /// The limit's unified name.
    public let name: String
    /// The disk, page size, interface or resource, nil for one value a cgroup.
    public let instance: String?
    /// The instance as whoever wished for it named it.
    public var wished: String?
    /// The cgroup in the hierarchy that has the limit.
    public let directory: CgroupDirectory
    /// The value's place.
    public let cell: ControlCell
    /// What the kernel says now.
    public let old: String
    /// What it should say.
    public let new: String
    /// Whether it gives or takes.
    public var direction: WriteDirection
    /// How it is ordered in its cgroup.
    public let nesting: Int
    /// The kernel's own rounding: bytes that a value may lose.
    public var granularity: UInt64 = 1
    /// Lower step by step, with reclaim, and never below usage.
    public var shrinks = false
    /// The file that tells what really applies, nil where the value itself does.
    public var effective: ControlCell?

    /// The text that goes to the kernel.
    public var command: String { cell.command(new) }

    /// Whether the value already is what it should be.
    public var isDone: Bool { isReadable && ControlCell.isSame(old, new) }

    /// Whether someone in the cgroup may get less than now.
    public var takesAway: Bool {
        if isDone || direction == .widens { return false }
        guard let now = UInt64(old), let then = UInt64(new), direction == .neither else {
            return true
        }
        return then < now
    }

    /// Whether the kernel shows what was written.
    public var isReadable: Bool { !cell.file.hasPrefix("devices.") }
}

/// Writes in their order, and what a person should know before.
public struct LimitPlan: Sendable {
    /// The writes in their order.
    public let writes: [PlannedWrite]
    /// What is unusual about them.
    public let warnings: [String]

    /// What must not be taken from; it is asked again right before the first write.
    let protection: ProtectedSet?

    /// Orders the writes; those that are equal keep their order.
    public init(
        _ writes: [PlannedWrite], warnings: [String] = [], protection: ProtectedSet? = nil
    ) {
        // A rule for devices cannot be taken back, so everything else must have succeeded.
        let reversible = writes.filter(\.isReadable).ordered {
            WriteOrder(
                direction: $0.direction, depth: $0.directory.path.depth, nesting: $0.nesting)
        }
        self.writes = reversible + writes.filter { !$0.isReadable }
        self.warnings = warnings
        self.protection = protection
    }

    /// Throws if something would be taken from a cgroup that must keep it, or changed in one whose
    /// values are someone else's.
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

    /// Throws if a file that would be written to cannot be: it is mounted read-only, or another's.
    ///
    /// `isOthers` picks those that someone else writes.
    public func checkWritable(
        except isOthers: (Int) -> Bool = { _ in false }
    ) throws(ActuationError) {
        for (index, write) in writes.enumerated() where !write.isDone && !isOthers(index) {
            do throws(IOError) {
                try ControlFile.checkWritable(write.cell.file, in: write.directory.descriptor)
            } catch {
                throw ActuationError(error, on: write.directory)
            }
        }
    }

    /// Several cgroups' plans as one transaction: outer ones widen first, inner ones narrow first.
    public static func joined(_ plans: [LimitPlan]) -> LimitPlan {
        LimitPlan(
            plans.flatMap(\.writes), warnings: plans.flatMap(\.warnings),
            protection: plans.first?.protection)
    }
}
