"""Placeholder of the page /needs."""

from fastapi import APIRouter

router = APIRouter()
