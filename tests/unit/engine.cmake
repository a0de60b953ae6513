epilogue_unit_test(merge engine)
