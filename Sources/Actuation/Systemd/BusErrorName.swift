internal import CgroupModel

/// The D-Bus names of systemd's errors.
enum BusErrorName {
    static let accessDenied = "org.freedesktop.DBus.Error.AccessDenied"
    static let authorizationRequired =
        "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired"
    static let noSuchUnit = "org.freedesktop.systemd1.NoSuchUnit"
    static let unitExists = "org.freedesktop.systemd1.UnitExists"
    static let unitInactive = "org.freedesktop.systemd1.UnitInactive"
    static let unitBusy = "org.freedesktop.systemd1.UnitBusy"
    static let propertyReadOnly = "org.freedesktop.DBus.Error.PropertyReadOnly"
    static let unknownProperty = "org.freedesktop.DBus.Error.UnknownProperty"
    static let unknownMethod = "org.freedesktop.DBus.Error.UnknownMethod"
    static let invalidArguments = "org.freedesktop.DBus.Error.InvalidArgs"
    static let notSupported = "org.freedesktop.DBus.Error.NotSupported"
    static let serviceUnknown = "org.freedesktop.DBus.Error.ServiceUnknown"
}

extension ActuationError {
    /// Describes a systemd error and its remedy.
    ///
    /// A timeout and a lost connection are transient, so they get error codes on which callers
    /// retry.
    init(_ error: BusError, while what: String) {
        self.init(kind: error, what)
        errno = error.errno ?? code.errno
    }

    private init(kind error: BusError, _ what: String) {
        switch error {
        case .unreachable(let reason):
            self.init(
                .unavailable,
                "cannot \(what): systemd cannot be reached (\(reason)); is it running, "
                    + "and may this user connect to it?")
        case .disconnected:
            self.init(
                .busy,
                "cannot \(what): systemd closed the connection before it replied; "
                    + "check the value before trying again")
        case .timedOut(let seconds):
            self.init(
                .busy,
                "cannot \(what): systemd did not reply within \(seconds) s; "
                    + "the request may still take effect; check the value before trying again")
        case .malformed(let reason):
            self.init(
                .failed, "cannot \(what): cannot parse the reply of systemd: \(reason)")
        case .refused(let name, let message):
            self = Self.refusal(name, message, what)
        }
    }

    private static func refusal(
        _ name: String, _ message: String, _ what: String
    ) -> ActuationError {
        let (code, remedy): (Code, String) =
            switch name {
            case BusErrorName.accessDenied, BusErrorName.authorizationRequired:
                (.notPermitted, "; run as root")
            case BusErrorName.noSuchUnit: (.notFound, "; `systemctl list-units` lists the units")
            case BusErrorName.unitInactive: (.notFound, "; start it first")
            case BusErrorName.unitExists: (.busy, "; choose another name")
            case BusErrorName.unitBusy: (.busy, "; try again")
            case BusErrorName.invalidArguments: (.usage, "")
            case BusErrorName.propertyReadOnly, BusErrorName.unknownProperty,
                BusErrorName.unknownMethod, BusErrorName.notSupported:
                (.unavailable, "; see `systemctl --version`")
            case BusErrorName.serviceUnknown: (.unavailable, "; is systemd running?")
            default: (.failed, "")
            }
        let text = message.hasSuffix(".") ? String(message.dropLast()) : message
        return ActuationError(code, "cannot \(what): systemd reports: \(text)\(remedy)")
    }
}

extension BusError {
    /// The matching errno; nil where systemd's error name is more precise.
    fileprivate var errno: Errno? {
        switch self {
        case .timedOut: .timedOut
        case .disconnected: .connectionReset
        case .unreachable: .notConnected
        case .malformed: .inputOutput
        case .refused: nil
        }
    }
}

extension ActuationError.Code {
    /// The matching errno.
    var errno: Errno {
        switch self {
        case .usage: .invalid
        case .notFound: .notFound
        case .notPermitted: .accessDenied
        case .refused: .notPermitted
        case .busy, .inTheWay: .busy
        case .unavailable: .notSupported
        case .outOfRange: .outOfRange
        case .failed: .inputOutput
        case .exists: .exists
        }
    }
}
