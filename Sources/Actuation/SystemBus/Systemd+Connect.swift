internal import Glibc

extension Systemd {
    /// Speaks to one of this machine's systemds; connects when it is first asked something.
    public static func connected(to instance: SystemdInstance) -> Systemd {
        #if Systemd
        let address: SystemBus.Address =
            switch instance {
            // The bus daemon asks for authorization, which root has no need of, and may be down.
            case .system: geteuid() == 0 ? .socket("/run/systemd/private") : .systemBus
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
/// Stands for systemd in a build without libsystemd.
private struct NoBus: BusConnection {
    func call(_ call: BusCall) throws(BusError) -> [BusValue] {
        throw .unreachable("this build has no libsystemd (trait Systemd)")
    }
}
#endif
