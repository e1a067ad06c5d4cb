import ArgumentParser
struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show")
    func run() async throws {}
}
