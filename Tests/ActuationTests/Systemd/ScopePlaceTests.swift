import CgroupModel
import Testing

@testable import Actuation

@Suite struct ScopePlaceTests {
    @Test(arguments: [
        ("make-12", "cgwarden-run-make-12.scope"), ("a b", "cgwarden-run-a\\x20b.scope"),
        ("a.b:c_d", "cgwarden-run-a.b:c_d.scope"), ("ä", "cgwarden-run-\\xc3\\xa4.scope"),
        ("\u{1}@", "cgwarden-run-\\x01\\x40.scope"),
    ])
    func scopeNameIsAValidUnitName(name: String, unit: String) {
        #expect(ScopePlace.unitName(name) == unit)
    }

    @Test func missingUnitCountsAsStopped() throws {
        let bus = StubBus { call throws(BusError) in
            guard call.arguments.first?.text == "held.scope" else { throw StubUnits.noSuchUnit }
            throw .refused(name: BusErrorName.accessDenied, message: "no")
        }
        let systemd = Systemd(.system, over: bus)
        try systemd.stop("gone.scope")
        #expect(throws: BusError.self) { try systemd.stop("held.scope") }
        #expect(bus.calls.map(\.member) == ["StopUnit", "StopUnit"])
    }
}
