internal import CgroupModel
internal import KernelIO

/// The properties of the planned files that a pass needs, by the file's position in the plan.
struct FileFacts {
    /// The action for a file in one pass.
    enum Step {
        case read(Int)
        case carry(Int)
    }

    let columns: [FileColumns]
    let gates: [FileGate?]
    let isGated: [Bool]
    let thawed: [ThawedFile?]
    let canBeThawed: [Bool]
    /// Whether the kernel returns each file in pieces of at most 4096 bytes.
    let isList: [Bool]
    private let tiers: [Tier]

    init(_ plan: ReadPlan) {
        tiers = plan.files.map(\.tier)
        columns = plan.files.map { FileColumns($0.layout) }
        let gates = plan.files.map { FileGate($0, plan.schema) }
        self.gates = gates
        isGated = gates.map { $0 != nil }
        let thawed = plan.files.map { ThawedFile($0, plan.schema) }
        self.thawed = thawed
        canBeThawed = thawed.map { $0 != nil }
        isList = plan.files.map { $0.layout.format == .lineCount }
    }

    /// The actions of a pass for a row whose settings are read or not.
    func steps(_ due: SweepDue, withSettings: Bool) -> [Step] {
        tiers.indices.compactMap { index in
            let tier = tiers[index]
            if tier == .settings ? withSettings : due.tiers[tier.rawValue] { return .read(index) }
            return columns[index].hasInstances ? .carry(index) : nil
        }
    }
}
