import CgroupModel

/// A change that waits for its plan, and then for the user's answer.
struct Proposal: Hashable, Sendable {
    /// A command, and the cgroup that it was made for.
    struct Step: Hashable, Sendable {
        var words: [String]
        /// The row whose identity is checked again before the command runs; nil if the user typed
        /// the name.
        var target: CgroupID?
        /// The plan, or the refusal.
        var plan: CommandReport.Result?
    }

    let number: Int
    var steps: [Step]
    var isUndo = false

    /// The lines of the plan: each command with what it would do.
    var lines: [String] {
        steps.flatMap { step in
            ["cgwarden " + CommandWords.line(step.words)]
                + (step.plan?.lines ?? []).map { "  " + $0 }
        }
    }

    var isPlanned: Bool { steps.allSatisfy { $0.plan != nil } }
    var accepted: [Step] { steps.filter { $0.plan?.isSuccess == true } }
}
