import numpy as np
from scipy.spatial.transform import Rotation

from biofeedback.dsp import quaternion

KNEE = np.array([0.86380963, 0.08116815, -0.05368055, 0.49433092])  # ZXY 60, 5, -10 degrees


def test_product_and_rotation_agree_with_scipy():
    rng = np.random.default_rng(0)
    p, q, v = rng.normal(size=(5, 4)), rng.normal(size=(5, 4)), rng.normal(size=(5, 3))
    p, q = quaternion.normalised(p), quaternion.normalised(q)
    ours = quaternion.rotate(quaternion.multiply(p, q), v)
    theirs = (Rotation.from_quat(quaternion.to_xyzw(p)) * Rotation.from_quat(quaternion.to_xyzw(q))).apply(v)
    np.testing.assert_allclose(ours, theirs, atol=1e-12)
    np.testing.assert_array_equal(quaternion.from_xyzw(quaternion.to_xyzw(p)), p)


def test_twist_and_swing_of_a_knee():
    z = np.array([0.0, 0.0, 1.0])
    assert np.degrees(quaternion.twist(KNEE, z)) == np.float64(np.degrees(quaternion.twist(-KNEE, z)))
    np.testing.assert_allclose(np.degrees(quaternion.twist(KNEE, z)), 59.56228, rtol=1e-6)
    np.testing.assert_allclose(np.degrees(quaternion.swing(KNEE, z)), 11.16895, rtol=1e-5)


def test_shortest_turns_one_direction_into_the_other():
    a, b = np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.6, 0.8])
    for end in (b, a, -a):
        np.testing.assert_allclose(quaternion.rotate(quaternion.shortest(a, end), a), end, atol=1e-12)


def test_continuous_takes_the_nearer_sign_from_row_to_row():
    q = quaternion.about(quaternion.UP, np.linspace(0.0, 6.0, 50))
    mixed = q * np.where(np.arange(50) % 3 == 0, -1.0, 1.0)[:, None]
    np.testing.assert_array_equal(quaternion.continuous(mixed, q[0]), q)


def test_a_zero_vector_has_no_direction():
    assert np.isnan(quaternion.normalised(np.zeros(3))).all()


def test_matrices_rotate_as_quaternions_do():
    random = np.random.default_rng(4)
    q = quaternion.normalised(random.normal(size=(50, 4)))
    v = random.normal(size=(50, 3))
    np.testing.assert_allclose(np.einsum("nij,nj->ni", quaternion.matrices(q), v), quaternion.rotate(q, v), atol=1e-12)
