"""What the comparison of transcripts sees and what it does not."""
import json
import re
import unittest

import transcript


def calls(*lines):
    return transcript.read("\n".join(json.dumps(line) for line in [*lines, {"methods": 0}]))[0]


class Comparing(unittest.TestCase):
    def complaints(self, left, right, known=()):
        return len(transcript.compare(calls(*left), calls(*right), known))

    def test_times_and_random_names_do_not_matter(self):
        uid = "6062abda-a5aa-4414-ac91-ecd7944c0f8d"
        left = [{"do": "a", "got": {"startedAt": "2026-01-02T03:04:05.678Z", "duration": "PT1S", "uid": uid}}, {"do": "b", "got": uid}]
        right = [{"do": "a", "got": {"startedAt": "2027-01-02T03:04:05Z", "duration": "PT2S", "uid": "1" + uid[1:]}},
                 {"do": "b", "got": "1" + uid[1:]}]
        self.assertEqual(0, self.complaints(left, right))

    def test_a_random_name_must_stay_the_same(self):
        one, other = "6062abda-a5aa-4414-ac91-ecd7944c0f8d", "7062abda-a5aa-4414-ac91-ecd7944c0f8d"
        self.assertEqual(1, self.complaints([{"do": "a", "got": [one, one]}], [{"do": "a", "got": [one, other]}]))

    def test_values_presence_and_order_matter(self):
        left = {"do": "a", "got": {"hits": [1, 2], "total": 2}}
        for right in ({"hits": [2, 1], "total": 2}, {"hits": [1, 2]}, {"hits": [1, 2], "total": 3}, {"hits": [1, 2], "total": 2, "more": 0}):
            self.assertNotEqual(0, self.complaints([left], [{"do": "a", "got": right}]), right)

    def test_missing_calls_matter(self):
        self.assertEqual(1, self.complaints([{"do": "a", "got": 1}], []))
        self.assertEqual(2, self.complaints([{"do": "a", "got": 1}], [{"do": "b", "got": 1}]))

    def test_known_differences_are_let_through_and_no_others(self):
        left, right = [{"do": "a", "got": {"x": 1, "y": 1}}], [{"do": "a", "got": {"x": 2, "y": 2}}]
        self.assertEqual(1, self.complaints(left, right, [(re.compile("a"), re.compile(r"got\.x"))]))
        self.assertEqual(0, self.complaints(left, right, [(re.compile("a"), re.compile(""))]))


if __name__ == "__main__":
    unittest.main()
