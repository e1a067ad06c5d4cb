import ArgumentParser
struct TreeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "tree")
    func run() async throws {}
}
