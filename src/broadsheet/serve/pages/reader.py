"""Placeholder of the page /reader."""

from fastapi import APIRouter

router = APIRouter()
