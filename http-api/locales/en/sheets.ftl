## Files and paper
