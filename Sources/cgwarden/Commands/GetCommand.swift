import Actuation
import ArgumentParser
import CgroupModel
import Hierarchy
import KernelIO
import Reports
import Service

/// Prints the limits of one cgroup under their unified names.
struct GetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Print the limits of one cgroup.",
        discussion: """
            The names are the same on v1 and v2, and values have the form that `cgwarden set` \
            accepts. Without a name, every limit that the cgroup has is printed.

            Examples:
              cgwarden get /system.slice
              cgwarden get build memory.max cpu.max
              cgwarden get --json build io.max
            """)

    @OptionGroup var options: SystemOptions
    @Argument(help: "The cgroup.", completion: .cgroup) var cgroup: String
    @Argument(help: "Limits, or groups of limits such as io.max.", completion: .limits)
    var names: [String] = []
    @Flag(help: "One JSON object.") var json = false

    func run() async throws {
        let set = try HierarchySet.discover(options.system)
        let path = try await CgroupLookup(set).resolve(cgroup)
        let limits = try names.flatMap { try LimitCatalog.rows(named: $0) }
        let reader = LimitReader(path, in: set)
        // If no names are given, limits that the cgroup does not have are left out.
        let readings =
            limits.isEmpty
            ? LimitCatalog.all.flatMap { reader.read($0) }.filter {
                (try? $0.value.get()) != nil
            } : limits.flatMap { reader.read(named: $0) }
        let listing = LimitListing(path: path, readings: readings)
        try StandardOutput.write(json ? listing.json : Array(listing.text.utf8))
    }
}
