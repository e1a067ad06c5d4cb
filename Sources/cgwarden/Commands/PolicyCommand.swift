import ArgumentParser

/// The subcommands that examine policies without running them.
struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Check policies, try them, and explain what they do.",
        subcommands: [
            PolicyCheckCommand.self, PolicyPlanCommand.self, PolicyBacktestCommand.self,
            PolicyExplainCommand.self,
        ])
}
