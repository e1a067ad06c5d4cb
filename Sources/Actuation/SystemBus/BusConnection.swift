/// One method call on a D-Bus object.
package struct BusCall: Hashable, Sendable {
    /// The object's path.
    package let object: String
    /// The interface that has the method.
    package let interface: String
    /// The method.
    package let member: String
    /// Its arguments.
    package let arguments: [BusValue]

    /// Creates a call of a method with its arguments.
    package init(object: String, interface: String, member: String, _ arguments: [BusValue] = []) {
        self.object = object
        self.interface = interface
        self.member = member
        self.arguments = arguments
    }
}

/// A connection to a service with systemd's D-Bus interface.
package protocol BusConnection: Sendable {
    /// Calls a method and waits for the reply for a limited time.
    func call(_ call: BusCall) throws(BusError) -> [BusValue]
}

/// Why a method call failed.
package enum BusError: Error, Hashable, Sendable {
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
