import ArgumentParser
struct StatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "stat")
    func run() async throws {}
}
