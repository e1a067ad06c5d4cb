#if Exporter
import ArgumentParser
import CgroupModel
import Exporter
import Hierarchy

/// How the program is reached over HTTP: the same options for every command that serves.
struct WebOptions: ParsableArguments {
    @Option(
        name: .customLong("web.listen-address"),
        help: "Where to listen: HOST:PORT or :PORT.", transform: ListenAddress.init(argument:))
    var address = ListenAddress(host: "127.0.0.1", port: 10980)
}

extension MetricsServer.Configuration {
    /// What every command that serves tells the server of this machine.
    init(at address: ListenAddress, of set: HierarchySet, _ identities: Identities) {
        self.init(address: address, version: Cgwarden.version)
        let devices = BlockDevices(set.system)
        deviceName = { devices.name($0) }
        processSample = { OwnProcess.sample() }
        let births = CgroupBirths(set)
        birthTime = { births.time(of: $0.path) }
        identity = { identities.identity(of: $0) }
    }
}

extension ListenAddress {
    /// Takes what a person wrote.
    init(argument: String) throws {
        do throws(ListenAddressError) {
            try self.init(parsing: argument)
        } catch {
            throw ValidationError(error.description)
        }
    }
}
#endif
