"""A running Ableton Live, over AbletonOSC: the link, questions and orders, a view of the set, clips read and written.

Source of addresses, arguments and limits: AbletonOSC of 2025-11 (github.com/ideoforms/AbletonOSC), its README and what
its handlers do. Tested against a fake of ours that keeps these rules, not against Live.
"""
