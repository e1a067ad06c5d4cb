internal import Glibc

extension Systemd {
    /// Returns a client of one of this host's systemds, which connects with the first call.
    package static func connected(to instance: SystemdInstance) -> Systemd {
        #if Systemd
        let address: SystemBus.Address =
            switch instance {
            // The bus daemon requires authorization, which root does not need, and may be down.
            case .system: geteuid() == 0 ? .socket(InstalledSystemd.privateSocket) : .systemBus
            case .user(let number):
                .socket("/run/user/\(number)/systemd/private", user: number)
            }
        return Systemd(instance, over: SystemBus(address))
        #else
        return Systemd(instance, over: NoBus())
        #endif
    }
}

#if !Systemd
/// A placeholder in a build without libsystemd, where every call fails.
private struct NoBus: BusConnection {
    func call(_ call: BusCall) throws(BusError) -> [BusValue] {
        throw .unreachable("this build has no libsystemd (trait Systemd)")
    }
}
#endif
