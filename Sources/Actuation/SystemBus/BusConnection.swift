/// One method call on a D-Bus object.
public struct BusCall: Hashable, Sendable {
    /// The object's path.
    public let object: String
    /// The interface that has the method.
    public let interface: String
    /// The method.
    public let member: String
    /// Its arguments.
    public let arguments: [BusValue]

    /// Creates a call of a method with its arguments.
    public init(object: String, interface: String, member: String, _ arguments: [BusValue] = []) {
        self.object = object
        self.interface = interface
        self.member = member
        self.arguments = arguments
    }
}

/// A connection to a service with systemd's D-Bus interface.
public protocol BusConnection: Sendable {
    /// Calls a method and waits for the reply for a limited time.
    func call(_ call: BusCall) throws(BusError) -> [BusValue]
}

/// Why a method call failed.
public enum BusError: Error, Hashable, Sendable {
    /// The connection failed, with the reason.
    case unreachable(String)
    /// The connection was lost before the reply; the call may have taken effect.
    case disconnected
    /// The reply did not arrive in time; the call may still take effect.
    case timedOut(seconds: Int)
    /// The service returned an error, with its D-Bus name and text.
    case refused(name: String, message: String)
    /// The reply does not match the interface.
    case malformed(String)
}
