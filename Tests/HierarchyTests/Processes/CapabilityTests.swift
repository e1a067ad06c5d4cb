import Hierarchy
import Testing

@Suite struct CapabilityTests {
    @Test func allFortyOneCapabilitiesHaveNames() {
        #expect(Capability.lastKnown.bit == 40)
        #expect(Capability(bit: 0).name == "cap_chown")
        #expect(Capability(bit: 12).name == "cap_net_admin")
        #expect(Capability(bit: 21).name == "cap_sys_admin")
        #expect(Capability(bit: 24).name == "cap_sys_resource")
        #expect(Capability(bit: 39).name == "cap_bpf")
        #expect(Capability(bit: 40).name == "cap_checkpoint_restore")
        #expect(Set((0..<64).map { Capability(bit: $0).name }).count == 64)
    }

    @Test func unknownCapabilityIsANumber() {
        #expect(CapabilitySet(mask: 1 << 41 | 1 << 63).names == ["cap_41", "cap_63"])
        #expect(
            CapabilitySet(mask: .max).text().hasSuffix(
                "cap_41 cap_42 cap_43 cap_44 cap_45 "
                    + "cap_46 cap_47 cap_48 cap_49 cap_50 cap_51 cap_52 cap_53 cap_54 cap_55 cap_56 "
                    + "cap_57 cap_58 cap_59 cap_60 cap_61 cap_62 cap_63"))
    }

    @Test func textListsMissingCapabilitiesIfFewer() {
        #expect(CapabilitySet(mask: 0).text() == "none")
        #expect(CapabilitySet(mask: 0x1ff_ffff_ffff).text() == "all")
        #expect(CapabilitySet(mask: 1 << 21).text() == "cap_sys_admin")
        // Docker's default.
        let usual = CapabilitySet(mask: 0xa804_25fb)
        #expect(usual.names.count == 14)
        #expect(usual.text().hasPrefix("cap_chown cap_dac_override cap_fowner"))
    }

    @Test func fullSetMatchesTheKernel() {
        // Linux 5.4 ended with cap_audit_read, bit 37.
        let old = CapabilitySet(mask: 0x3f_ffff_ffff)
        #expect(old.text(last: Capability(bit: 37)) == "all")
        #expect(old.text() == "all but cap_perfmon cap_bpf cap_checkpoint_restore")
        #expect(CapabilitySet(mask: .max).text(last: Capability(bit: 63)) == "all")
    }
}
