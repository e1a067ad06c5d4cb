import ArgumentParser
struct TopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "top")
    func run() async throws {}
}
