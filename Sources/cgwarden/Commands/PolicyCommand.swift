import ArgumentParser

/// The subcommands that examine policies without running them.
struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Check policies, try them, and explain what they do.",
        discussion: """
            A policy assigns limits, rules, OOM guards and CPU pools to cgroups; \
            cgwarden-policy(5) describes the language, and `cgwarden daemon` applies it. These \
            commands change nothing, and only `explain` without --policy needs a daemon.

            Examples:
              cgwarden policy check build.yaml
              cgwarden policy plan build.yaml
              cgwarden policy backtest build.yaml --history day.rec
              cgwarden policy explain /build
            """,
        subcommands: [
            PolicyCheckCommand.self, PolicyPlanCommand.self, PolicyBacktestCommand.self,
            PolicyExplainCommand.self,
        ])
}
