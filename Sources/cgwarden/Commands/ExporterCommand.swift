#if Exporter
import ArgumentParser
struct ExporterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "exporter")
    func run() async throws {}
}
#endif
