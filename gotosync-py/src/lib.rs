//! The place of the Python module, which has not been written yet: nothing is exported here.
